package doctorengines

import (
	"os"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestContainerdBare has containerd without unbusy.
func TestContainerdBare(t *testing.T) {
	for _, version := range []string{"1.6", "2.4"} {
		t.Run(version, func(t *testing.T) {
			h := host.New(t)
			c := h.Containerd(host.Version(version))
			c.Run("web")
			found := require(t, "containerd", pidOf(c.Pid()), "engine-not-protected")
			mentions(t, found[0].Evidence, "the handler runc")
			mentions(t, found[0].Fix, "unbusy install containerd --set-as-default --config "+h.Dir("containerd"))
		})
	}
}

// TestContainerdProtected has containerd with unbusy's shim for the default
// handler, in a version before runtime_path, too: there it is found in containerd's
// PATH.
func TestContainerdProtected(t *testing.T) {
	for _, version := range []string{"1.6", "2.4"} {
		t.Run(version, func(t *testing.T) {
			h := host.New(t)
			shim := copyTo(t, h, host.Program(t, "containerd-shim-unbusy-v2"))
			c := h.Containerd(host.Version(version), host.Runtime("unbusy", "", host.Shim(shim)))
			k := c.Run("web")
			require(t, "containerd", pidOf(c.Pid()))
			mentions(t, examine(t, "containerd").Summary, "unbusy serves the default handler unbusy, 1 container runs")

			if err := os.Rename(shim, shim+".gone"); err != nil {
				t.Fatal(err)
			}
			found := require(t, "containerd", pidOf(c.Pid()), "shim-binary-missing", "unbusy-binary-missing")
			mentions(t, found[0].Evidence, "default/web", "does not exist")
			mentions(t, found[1].Evidence, "handler unbusy of", shim)
			if err := os.Rename(shim+".gone", shim); err != nil {
				t.Fatal(err)
			}
			require(t, "containerd", pidOf(c.Pid()))
			k.Stop()
		})
	}
}

// TestContainerdWrapper has the wrapper in the place of runc, below containerd's
// own shim.
func TestContainerdWrapper(t *testing.T) {
	h := host.New(t)
	c := h.Containerd(host.Runtime("unbusy", host.Program(t, "unbusy-runtime")))
	c.Run("web")
	require(t, "containerd", pidOf(c.Pid()))
}

// TestContainerdOtherHandlers has ways past unbusy.
func TestContainerdOtherHandlers(t *testing.T) {
	h := host.New(t)
	c := h.Containerd(host.Runtime("unbusy", "", host.Shim(host.Program(t, "containerd-shim-unbusy-v2"))), host.Runtime("plain", ""))
	found := require(t, "containerd", pidOf(c.Pid()), "runtime-bypasses-unbusy")
	mentions(t, found[0].Evidence, "the handler plain")
	c.Run("web", host.Under("plain"))
	found = require(t, "containerd", pidOf(c.Pid()), "runtime-bypasses-unbusy", "runtime-bypasses-unbusy")
	mentions(t, found[1].Evidence, "1 running container of", "default/web")
}

// TestContainerdNotDefault has unbusy only for who asks.
func TestContainerdNotDefault(t *testing.T) {
	h := host.New(t)
	c := h.Containerd(host.Runtime("plain", h.Debian("runc", "runc")), host.Runtime("unbusy", host.Program(t, "unbusy-runtime")))
	found := require(t, "containerd", pidOf(c.Pid()), "engine-not-protected")
	mentions(t, found[0].Evidence, "the handler plain", "unless they ask for unbusy")
}
