package mountns

import (
	"fmt"

	"github.com/unbusy/unbusy/internal/linux"
	"golang.org/x/sys/unix"
)

// UserNamespace is the inode number of the user namespace that owns the
// namespace. If it is not the one that owns where the mounts in it came from,
// they are locked there: see ErrLocked.
//
// The error satisfies errors.Is(err, unix.EPERM), which is fs.ErrPermission, if
// the owner is neither the caller's user namespace nor one below it: then it is
// another one than the caller's for sure, and the caller may do nothing there.
// It is ENOTTY before Linux 4.9.
func (ns *Namespace) UserNamespace() (uint64, error) {
	fd, err := linux.OwnerOfNamespace(ns.fd)
	if err != nil {
		return 0, fmt.Errorf("find the owner of %s: %w", ns, err)
	}
	defer unix.Close(fd)
	id, err := inode(fd)
	return id.Inode, err
}

// OwnUserNamespace is the inode number of the caller's user namespace.
func OwnUserNamespace() (uint64, error) {
	place, err := linux.PlaceOf("/proc/self/ns/user")
	return place.Inode, err
}
