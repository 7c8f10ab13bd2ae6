package sweep

import (
	"fmt"
	"os/exec"
	"testing"
)

// TestAmongHolders has two holders whose mounts are peers of each other and of
// nobody else. A process of the second one lives in the copy.
func TestAmongHolders(t *testing.T) {
	bothWays(t, func(t *testing.T, proc bool) {
		d := newDocker(t)
		c := d.run(id, layer)
		owned := d.own(c)
		first := start(t, exec.Command("unshare", "--mount", "--propagation", "slave", "sh", "-ec", "mount --make-rshared /; exec cat"))
		second := start(t, exec.Command("nsenter", fmt.Sprintf("--mount=/proc/%d/ns/mnt", first.Process.Pid),
			"unshare", "--mount", "--propagation", "unchanged", "sh", "-ec", "cp /bin/busybox "+c.Rootfs+"/cat; exec chroot "+c.Rootfs+" /cat"))
		ns := namespaceOf(t, second.Process.Pid)
		w := watch(t, namespaceOf(t, first.Process.Pid), ns)
		report := d.sweep(Request{Owned: owned, Detach: true, Proc: proc})
		for _, s := range w.wantForeign(owned) {
			if s.namespace == ns.Inode && s.mount.Path == c.Rootfs {
				t.Errorf("lost what a process lives in: %v", results(outcomes(report)))
			}
		}
	})
}
