package sweep

import (
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

// TestRounds has a namespace in which a copy is stacked on another one, and which
// is a slave of others: what is detached in one of those goes there as well, and
// what was stacked is on something else then. Whichever is the first, nothing may
// be left.
func TestRounds(t *testing.T) {
	bothWays(t, func(t *testing.T, proc bool) {
		for range 3 {
			t.Run("", func(t *testing.T) {
				d := newDocker(t)
				d.mount("root", d.mkdir(), "tmpfs", "size=4m")
				if err := unix.Mount("", d.root, "", unix.MS_SHARED, ""); err != nil {
					t.Fatal(err)
				}
				c := d.run(id, layer)
				owned := d.own(c)
				stacked := start(t, exec.Command("unshare", "--mount", "--propagation", "slave", "sh", "-ec",
					"mount --bind "+c.Shm+" "+c.Shm+"; exec cat"))
				w := watch(t, namespaceOf(t, stacked.Process.Pid))
				for range 5 {
					d.agent("unchanged")
				}
				if err := unix.Mount("", d.root, "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
					t.Fatal(err)
				}
				report := d.sweep(Request{Owned: owned, Detach: true, Proc: proc})
				w.wantLost(owned, 3)
				if len(report.Lingering()) != 0 {
					t.Error(results(outcomes(report)))
				}
			})
		}
	})
}
