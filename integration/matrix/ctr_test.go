package matrix

import (
	"os"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// TestCtr tells the life of a container that containerd's own client runs.
func TestCtr(t *testing.T) {
	everyVersion(t, func(t *testing.T, version string) {
		h := host.New(t)
		h.UnbusyConfig(host.Patient)
		c := h.Containerd(host.Version(version))
		said := strings.ReplaceAll(c.Ctr("version"), " v", " ")
		if strings.Count(said, "Version:  "+version+".") != 2 {
			t.Errorf("client and server of %s say they are\n%s", version, said)
		}
		k := c.Run("victim", host.Annotation("unbusy.io/test", "1"))
		requireProgram(t, "container", c.ShimOf(k.ID()), h.StockShim(version))
		rootfs, found, err := observe.At(k.Rootfs())
		if err != nil || !found || rootfs.FSType != "overlay" {
			t.Errorf("the root file system is %+v, %v, %v", rootfs, found, err)
		}
		if out := k.Exec("echo", "alive"); out != "alive\n" {
			t.Errorf("in the container echo says %q", out)
		}
		c.Ctr("task", "kill", "--signal", "SIGKILL", k.ID())
		host.Await(t, "the container to have ended", func() bool {
			return strings.Contains(c.Ctr("task", "list"), "STOPPED")
		})
		c.Ctr("task", "delete", k.ID())
		if _, err := os.Stat(k.Bundle()); !os.IsNotExist(err) {
			t.Errorf("the bundle is still there: %v", err)
		}
		k.Delete()
		if left := c.Ctr("container", "list", "--quiet"); left != "" {
			t.Errorf("there still is %s", left)
		}
	})
}
