package sweep

import (
	"os/exec"
	"testing"

	"github.com/unbusy/unbusy/pkg/cleanup"
)

// TestOriginalLeftBehind has the mounts of an engine that is gone, of which one
// cannot go: it is said to be left when everything else was detached.
func TestOriginalLeftBehind(t *testing.T) {
	bothWays(t, func(t *testing.T, proc bool) {
		d := newDocker(t)
		start(t, exec.Command("unshare", "--mount", "--propagation", "private", d.engine.Path))
		if err := d.engine.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = d.engine.Wait() // it was killed
		c := d.run(id, layer)
		owned := d.own(c)
		agent := d.agent("private")
		d.mount("over", c.Rootfs, "tmpfs", "size=64k")
		report := d.sweep(Request{Owned: owned, Detach: true, Proc: proc})
		d.holds(agent, 0)
		why := cleanup.RefuseCovered
		if proc { // which cannot ask what is covered for its unique id
			why = cleanup.RefuseUnknown
		}
		said := 0
		for _, h := range report.Holders {
			if h.Copy.Mount.OldID != h.Copy.Owned.OldID || h.Copy.Owned.Kind != cleanup.Rootfs {
				continue
			}
			said++
			if h.Result != cleanup.Left || h.Reason != string(why) {
				t.Errorf("%s, %q: %+v", h.Result, h.Reason, h.Copy)
			}
		}
		if said != 1 {
			t.Errorf("%d reports of the mount that is left: %+v", said, report.Holders)
		}
	})
}
