package mountns

import (
	"errors"

	"github.com/unbusy/unbusy/internal/linux"
	"golang.org/x/sys/unix"
)

// Covered reports whether anything is mounted on a mount by now, over its root
// or below: detaching would take that along. The mount is found as by Look, and
// the errors are those of Look; no file system is asked.
func (ns *Namespace) Covered(m Mount) (bool, error) {
	covered, err := ns.covered(m)
	if err != nil {
		return false, &MountError{Op: "look at", Target: m.Path, Err: err}
	}
	return covered, nil
}

func (ns *Namespace) covered(m Mount) (bool, error) {
	if ns.byNumber && m.UniqueID != 0 {
		var first [1]uint64
		n, err := linux.ListMounts(ns.Unique, m.UniqueID, 0, first[:])
		if errors.Is(err, unix.ENOENT) {
			return false, ErrGone
		}
		return n > 0, err
	}
	mounts, err := ns.afresh().Mounts(Query{})
	if err != nil {
		return false, err
	}
	found, covered := false, false
	for _, mount := range mounts {
		if sameMount(mount, m) && mount.Path == m.Path {
			found = true
		} else if mount.OldParent == m.OldID {
			covered = true
		}
	}
	if !found {
		return false, ErrGone
	}
	return covered, nil
}
