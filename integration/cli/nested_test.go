package cli

import (
	"strconv"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestNestedEngine has an engine in a mount and a pid namespace of its own, beside
// one of the host's: what it has mounted is nowhere in the host's namespace, and
// is in use. So is what an agent beside it has of that.
func TestNestedEngine(t *testing.T) {
	outer := host.New(t).Containerd()
	outside := outer.Run("outside")

	h := host.New(t)
	c := h.Containerd()
	c.Kill()
	c.RestartNested()
	inside := c.Run("inside", host.Args("sleep", "1234567"))
	engine := called(t, h, "containerd")
	if namespaceOf(t, engine) == namespaceOf(t, called(t, outer.Host(), "containerd")) {
		t.Fatal("the engine is not nested")
	}
	agent := h.Start("nsenter", "--mount", "--target", strconv.Itoa(engine),
		"unshare", "--mount", "--propagation", "private", "sh", "-ec", "echo it is there; read end")

	outsides := tables(t, outer.Host())
	left := sweepsNothing(t, h)
	requireSame(t, outsides, tables(t, outer.Host()))
	requireSkipped(t, left, engine, inside.Rootfs(), "its mount namespace is protected: nested containerd (pid "+strconv.Itoa(engine)+")")
	requireSkipped(t, left, agent.Pid(), inside.Rootfs(), "it is ")
	for _, k := range []*host.Container{inside, outside} {
		if got := k.Exec("echo", "alive"); got != "alive\n" {
			t.Errorf("%s says %q", k.ID(), got)
		}
	}
}
