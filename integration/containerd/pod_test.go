package containerd

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// TestPod stops a pod while an agent pod with the host's root as a hostPath
// volume runs. Of what was mounted for it, the shared memory shows who holds on:
// its mountpoint stays until the pod is removed, and only removing a mountpoint
// takes foreign copies away.
func TestPod(t *testing.T) {
	h := host.New(t)
	h.UnbusyConfig(host.Patient)
	c := h.Containerd(host.PodNetwork(), host.Runtime("unbusy", host.Program(t, "unbusy-runtime")))
	engine := cri.Containerd(t, c)
	for _, runtime := range []string{"runc", "unbusy"} {
		victim := engine.Pod("victim-"+runtime, cri.Under(runtime))
		app := victim.Run("app")
		mounts := podMounts(t, victim, app)
		agentPod := engine.Pod("agent-"+runtime, cri.Under(runtime), cri.HostNetwork())
		agent := agentPod.Run("agent", cri.HostPath("/", "/host"))
		for kind, m := range mounts {
			if host.Held(t, agent.Pid(), m) == 0 {
				t.Fatalf("%s: the agent does not see the victim's %s, there is nothing to show", runtime, kind)
			}
		}
		app.Stop()
		app.Remove()
		victim.Stop()
		if n := host.Held(t, agent.Pid(), mounts["shared memory"]); (n > 0) != (runtime == "runc") {
			t.Errorf("%s: the agent holds %d copies of the shared memory of a pod that is stopped", runtime, n)
		}
		victim.Remove()
		for kind, m := range mounts {
			if n := host.Held(t, agent.Pid(), m); n > 0 {
				t.Errorf("%s: the agent holds %d copies of the %s of a pod that is gone", runtime, n, kind)
			}
		}
		agentPod.Stop()
		agentPod.Remove()
	}
}

// podMounts finds what the host has mounted for a pod with one container.
func podMounts(t *testing.T, pod *cri.Pod, app *cri.Container) map[string]observe.Mount {
	t.Helper()
	table, err := observe.Mounts(0)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]observe.Mount)
	for _, m := range table {
		switch {
		case m.FSType == "nsfs" && strings.HasPrefix(m.Point, "/run/netns/"):
			found["network namespace"] = m
		case strings.Contains(m.Point, pod.ID()) && filepath.Base(m.Point) == "shm":
			found["shared memory"] = m
		case strings.Contains(m.Point, app.ID()) && filepath.Base(m.Point) == "rootfs":
			found["root file system"] = m
		}
	}
	if len(found) != 3 {
		t.Fatalf("of the pod's mounts there are only %v", found)
	}
	return found
}
