package incidents

import (
	"path/filepath"
	"strconv"
	"testing"
)

// A process in a user namespace of its own, as rootless engines and sandboxes have
// it, got a mount namespace while a container ran. Its copies are locked together:
// nobody can unmount one of them, and umount there says that nothing is mounted.
// unbusy cannot either. It says so, and the copy goes with its mountpoint, when the
// container is removed.
func TestUserNamespaceLock(t *testing.T) {
	tell(t, unaverted, func(t *testing.T, w way) bool {
		n := newNode(t, w)
		d := n.dockerd()
		victim := d.Run("victim", "--network=none", "--ipc=shareable")
		bystander := d.Run("bystander", "--network=none", "--ipc=shareable")
		shm := d.shm(victim)
		holder := n.h.Start("unshare", "--user", "--map-root-user", "--mount", "--propagation", "private",
			"sh", "-c", "echo it is there; read end")
		requireHolds(t, holder.Pid(), shm)
		requireHolds(t, holder.Pid(), d.shm(bystander))
		still := n.keeps(holder.Pid(), victim, filepath.Base(filepath.Dir(d.merged("victim"))), "/run/docker/netns")
		d.stop("victim")

		averted := !holds(t, holder.Pid(), shm)
		if !averted {
			_, err := n.h.Exec(nil, "nsenter", "--target", strconv.Itoa(holder.Pid()), "--mount", "umount", shm)
			requireError(t, err, shm+": not mounted")
			n.requireHolder(victim, shm, "locked", strconv.Itoa(holder.Pid()))
			n.requireLeft(victim, shm, "locked")
			requireHolds(t, holder.Pid(), shm)
		}
		d.Docker("rm", "victim")
		if holds(t, holder.Pid(), shm) {
			t.Error("the holder has the shared memory of a container that is removed")
		}
		still()
		return averted
	})
}
