package matrix

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
)

// TestRestart kills containerd, starts it again, and goes on with the containers
// that ran meanwhile.
func TestRestart(t *testing.T) {
	everyVersion(t, func(t *testing.T, version string) {
		h := host.New(t)
		h.UnbusyConfig(host.Patient)
		c := h.Containerd(host.Version(version), host.PodNetwork())
		engine := cri.Containerd(t, c)
		k := c.Run("steady")
		pod := engine.Pod("steady")
		app := pod.Run("app")
		shims := []int{c.ShimOf(k.ID()), c.ShimOf(pod.ID())}

		c.Kill()
		c.Restart()
		engine.Await()
		if now := []int{c.ShimOf(k.ID()), c.ShimOf(app.ID())}; now[0] != shims[0] || now[1] != shims[1] {
			t.Errorf("the shims were %v and are %v", shims, now)
		}
		later := engine.Pod("later")
		app.Exec("ping", "-c", "1", "-W", "10", address(t, later.Run("app")))
		later.Stop()
		later.Remove()
		for name, exec := range map[string]func(...string) string{"ctr": k.Exec, "cri": app.Exec} {
			if out := exec("echo", "alive"); out != "alive\n" {
				t.Errorf("%s: echo says %q", name, out)
			}
		}
		k.Stop()
		k.Delete()
		app.Stop()
		app.Remove()
		pod.Stop()
		pod.Remove()
		if mounts := mountsOf(t, k.ID(), pod.ID(), app.ID()); len(mounts) != 0 {
			t.Errorf("left are %v", mounts)
		}
	})
}

// address is that of a container in a pod's network.
func address(t *testing.T, k *cri.Container) string {
	t.Helper()
	said := k.Exec("ip", "-4", "addr", "show", "dev", "eth0")
	_, rest, found := strings.Cut(said, "inet ")
	address, _, alsoFound := strings.Cut(rest, "/")
	if !found || !alsoFound {
		t.Fatalf("no address in %q", said)
	}
	return address
}

// TestKilledShim kills the shims of a container and of a pod: containerd notices
// and clears away what they served.
func TestKilledShim(t *testing.T) {
	everyVersion(t, func(t *testing.T, version string) {
		h := host.New(t)
		h.UnbusyConfig(host.Patient)
		c := h.Containerd(host.Version(version))
		engine := cri.Containerd(t, c)
		k := c.Run("victim")
		pod := engine.Pod("victim", cri.HostNetwork())
		app := pod.Run("app")
		for _, id := range []string{k.ID(), app.ID()} {
			if err := unix.Kill(c.ShimOf(id), unix.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
		host.Await(t, "the root file systems to be unmounted", func() bool {
			return mountsOf(t, k.ID(), pod.ID(), app.ID())["rootfs"] == 0
		})
		k.Delete()
		// CRI has its own notion of what runs, which comes later.
		host.Await(t, "the engine to notice", func() bool { return !app.Running() })
		pod.Stop()
		pod.Remove()
	})
}
