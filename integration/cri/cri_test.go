package cri_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

func TestMain(m *testing.M) { os.Exit(host.Main(m, "containerd-2.4", "runc-1.5")) }

// TestAnAgentPodHoldsAVictimPodsMountsUnderRunc shows that pods are real ones: a
// shared memory, a network namespace and a root file system are mounted for
// them, and all of it is in the agent's copy of /.
func TestAnAgentPodHoldsAVictimPodsMountsUnderRunc(t *testing.T) {
	h := host.New(t)
	c := h.Containerd(host.PodNetwork())
	engine := cri.Containerd(t, c)
	victim := engine.Pod("victim")
	app := victim.Run("app")
	agent := engine.Pod("agent", cri.HostNetwork()).Run("agent", cri.HostPath("/", "/rootfs"))

	mine, err := observe.Mounts(0)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string][]observe.Mount{}
	for _, m := range mine {
		switch {
		case strings.HasPrefix(m.Point, "/run/netns/"):
			kinds["network namespace"] = append(kinds["network namespace"], m)
		case strings.Contains(m.Point, victim.ID()) && filepath.Base(m.Point) == "shm":
			kinds["shared memory"] = append(kinds["shared memory"], m)
		case strings.Contains(m.Point, app.ID()) && filepath.Base(m.Point) == "rootfs":
			kinds["root file system"] = append(kinds["root file system"], m)
		}
	}
	for _, kind := range []string{"network namespace", "shared memory", "root file system"} {
		if len(kinds[kind]) != 1 {
			t.Errorf("the host has %d mounts of the victim's %s, want 1", len(kinds[kind]), kind)
			continue
		}
		copies, err := observe.Copies(agent.Pid(), kinds[kind][0])
		if err != nil || len(copies) != 1 {
			t.Errorf("the agent has %d copies of the victim's %s, %v, want 1", len(copies), kind, err)
		}
	}
	app.Stop()
	app.Remove()
	victim.Stop()
	victim.Remove()
}
