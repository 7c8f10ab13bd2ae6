package matrix

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
)

// TestShim puts another binary in the place of containerd's own shim. It is a copy
// of that, so that every version gets along with it.
func TestShim(t *testing.T) {
	everyVersion(t, func(t *testing.T, version string) {
		h := host.New(t)
		h.UnbusyConfig(host.Patient)
		stock := h.StockShim(version)
		other := filepath.Join(h.Dir("bin"), "containerd-shim-other")
		copyProgram(t, stock, other)
		moved := h.MakeCgroup("shims")
		c := h.Containerd(host.Version(version),
			host.Runtime("other", "", host.Shim(other)),
			host.Runtime("moved", "", host.Shim(other), host.ShimCgroup(moved)))
		engine := cri.Containerd(t, c)

		for handler, want := range map[string]string{"other": other, "runc": stock} {
			k := c.Run("by-"+handler, host.Under(handler))
			requireProgram(t, "ctr, "+handler, c.ShimOf(k.ID()), want)
			k.Stop()
			k.Delete()
		}
		for handler, want := range map[string]string{"": other, "other": other, "runc": stock, "moved": other} {
			pod := engine.Pod("by-"+handler, cri.Under(handler), cri.HostNetwork())
			app := pod.Run("app")
			shim := c.ShimOf(pod.ID())
			requireProgram(t, "cri, "+handler, shim, want)
			if also := c.ShimOf(app.ID()); also != shim {
				t.Errorf("%s: pod and container have the shims %d and %d", handler, shim, also)
			}
			if in := cgroups(t, shim); strings.Contains(in, moved+"\n") != (handler == "moved") {
				t.Errorf("%s: the shim is in the cgroups\n%s", handler, in)
			}
			app.Stop()
			pod.Stop()
		}
	})
}

func requireProgram(t *testing.T, what string, pid int, want string) {
	t.Helper()
	path, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/exe")
	if err != nil || path != want {
		t.Errorf("%s: the shim is %s, %v, want %s", what, path, err, want)
	}
}

func cgroups(t *testing.T, pid int) string {
	t.Helper()
	content, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func copyProgram(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, content, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}
