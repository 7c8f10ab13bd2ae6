package matrix

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// TestPod tells the life of pods with two containers: one in the host's network
// and one in its own.
func TestPod(t *testing.T) {
	everyVersion(t, func(t *testing.T, version string) {
		h := host.New(t)
		h.UnbusyConfig(host.Patient)
		c := h.Containerd(host.Version(version), host.PodNetwork())
		engine := cri.Containerd(t, c)
		for _, test := range []struct {
			name       string
			options    []cri.PodOption
			device     string
			namespaces int
		}{
			{"own", nil, "eth0", 1},
			// The first pod's bridge stays.
			{"host", []cri.PodOption{cri.HostNetwork()}, "unbusy0", 0},
		} {
			name, pod := test.name, engine.Pod(test.name, test.options...)
			requireProgram(t, name+" network", c.ShimOf(pod.ID()), h.StockShim(version))
			first, second := pod.Run("first"), pod.Run("second")
			if out := first.Exec("ls", "/sys/class/net"); !strings.Contains(out, test.device) {
				t.Errorf("%s network: the container has %q", name, out)
			}
			if out := second.Exec("echo", "alive"); out != "alive\n" {
				t.Errorf("%s network: echo says %q", name, out)
			}
			mounts := mountsOf(t, pod.ID(), first.ID(), second.ID())
			if mounts["rootfs"] != 3 || mounts["shm"] != 1 || mounts["netns"] != test.namespaces {
				t.Errorf("%s network: mounted for the pod are %v", name, mounts)
			}
			first.Stop()
			first.Remove()
			second.Stop()
			second.Remove()
			pod.Stop()
			pod.Remove()
			if mounts := mountsOf(t, pod.ID(), first.ID(), second.ID()); len(mounts) != 0 {
				t.Errorf("%s network: of a pod that is gone are left %v", name, mounts)
			}
		}
	})
}

// mountsOf counts the mounts of a pod and its containers by the last component
// of their paths; network namespaces, which bear no id, are counted as a whole.
func mountsOf(t *testing.T, ids ...string) map[string]int {
	t.Helper()
	table, err := observe.Mounts(0)
	if err != nil {
		t.Fatal(err)
	}
	mounts := map[string]int{}
	for _, m := range table {
		if strings.HasPrefix(m.Point, "/run/netns/") {
			mounts["netns"]++
		}
		for _, id := range ids {
			if strings.Contains(m.Point, id) {
				mounts[filepath.Base(m.Point)]++
			}
		}
	}
	return mounts
}
