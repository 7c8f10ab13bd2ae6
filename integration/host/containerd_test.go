package host_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

func TestAnAgentHoldsAVictimsMountsUnderRunc(t *testing.T) {
	h := host.New(t)
	c := h.Containerd()
	volume := h.Volume("pvc")
	at := filepath.Join(h.Dir("kubelet"), "pods/1/volumes/kubernetes.io~csi/pvc/mount")
	volume.Mount(at)
	original := mustBeMounted(t, at)

	victim := c.Run("victim", host.Bind(at, "/data", "rbind", "rprivate"))
	rootfs := mustBeMounted(t, victim.Rootfs())
	agent := c.Run("agent", host.Bind("/", "/rootfs", "rbind", "rprivate"))
	for _, m := range []observe.Mount{original, rootfs} {
		if n := copies(t, agent, m); n != 1 {
			t.Errorf("the agent has %d copies of %s while the victim runs, want 1", n, m.Point)
		}
	}

	victim.Stop()
	victim.Delete()
	volume.Unmount(at)
	if n := copies(t, agent, original); n != 1 {
		t.Errorf("the agent has %d copies of the unmounted volume, want 1", n)
	}
	busy, err := observe.Busy(volume.Device())
	if err != nil || !busy {
		t.Errorf("busy = %v, %v while the agent holds %s", busy, err, volume.Device())
	}
	holders, err := observe.Holders(original.Device)
	if err != nil || len(holders) != 1 || holders[0].Pid != agent.Pid() || !strings.HasPrefix(holders[0].Command, "sleep") {
		t.Errorf("holders of the volume are %+v, %v, want the agent, process %d", holders, err, agent.Pid())
	}

	agent.Stop()
	agent.Delete()
	busy, err = observe.Busy(volume.Device())
	if err != nil || busy {
		t.Errorf("busy = %v, %v when nobody holds %s", busy, err, volume.Device())
	}
}

func TestContainersGoOnWhenContainerdIsKilled(t *testing.T) {
	h := host.New(t)
	c := h.Containerd()
	k := c.Run("steady")
	c.Kill()
	c.Restart()
	if out := k.Exec("hostname"); strings.TrimSpace(out) == "" {
		t.Error("the container does not answer")
	}
	k.Stop()
	k.Delete()
}

func TestTheBoxIsLikeAHostThatSystemdBooted(t *testing.T) {
	host.New(t)
	root := mustBeMounted(t, "/")
	if !strings.HasPrefix(root.Propagation, "shared:") || strings.Contains(root.Propagation, "master:") {
		t.Errorf("propagation of / is %q, want shared and nothing else", root.Propagation)
	}
	run := mustBeMounted(t, "/run")
	if run.FSType != "tmpfs" {
		t.Errorf("/run is %s, want tmpfs", run.FSType)
	}
}

func mustBeMounted(t *testing.T, path string) observe.Mount {
	t.Helper()
	m, found, err := observe.At(path)
	if err != nil || !found {
		t.Fatalf("nothing is mounted on %s: %v", path, err)
	}
	return m
}

func copies(t *testing.T, k *host.Container, m observe.Mount) int {
	t.Helper()
	copies, err := observe.Copies(k.Pid(), m)
	if err != nil {
		t.Fatal(err)
	}
	return len(copies)
}
