package mountns

import (
	"fmt"

	"github.com/unbusy/unbusy/internal/linux"
	"golang.org/x/sys/unix"
)

// UniqueID finds out the unique id of a mount in the namespace's table that came
// without one. It needs Linux 6.8. The error satisfies errors.Is for ErrGone or
// ErrOtherMount if the path of the mount leads elsewhere by now or the mount is
// covered, and for ErrUnidentified if the kernel has no such id.
//
// Walking the path can hang: see the package comment.
func (ns *Namespace) UniqueID(mount Mount) (uint64, error) {
	if mount.UniqueID != 0 {
		return mount.UniqueID, nil
	}
	var id uint64
	err := ns.Enter(func() (err error) {
		id, err = UniqueIDHere(mount)
		return err
	})
	return id, err
}

// UniqueIDHere is [Namespace.UniqueID] for the namespace that the calling thread is
// in, and a path from its root directory. It ends no thread.
func UniqueIDHere(mount Mount) (uint64, error) {
	if mount.UniqueID != 0 {
		return mount.UniqueID, nil
	}
	failed := func(err error) (uint64, error) {
		return 0, &MountError{Op: "identify", Target: mount.Path, Err: err}
	}
	if mount.Path == "" {
		return failed(ErrUnidentified)
	}
	root, err := unix.Open("/", unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return failed(err)
	}
	defer unix.Close(root)
	fd, err := linux.OpenPath(root, mount.Path)
	if err != nil {
		return failed(meaning(err))
	}
	defer unix.Close(fd)
	old, err := linux.MountID(fd)
	if err != nil {
		return failed(fmt.Errorf("%w: %w", ErrUnidentified, err))
	}
	if old != mount.OldID {
		if isRoot, _, err := linux.IsMountRoot(fd); err != nil {
			return failed(err)
		} else if !isRoot {
			return failed(ErrGone)
		}
		return failed(fmt.Errorf("%w: id %d, not %d", ErrOtherMount, old, mount.OldID))
	}
	id, err := linux.UniqueMountID(fd)
	if err != nil {
		return failed(fmt.Errorf("%w: %w", ErrUnidentified, err))
	}
	return id, nil
}
