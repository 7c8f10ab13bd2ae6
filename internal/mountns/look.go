package mountns

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Look reads a mount that was in the namespace's table once more, and the mount
// that it is mounted on; whether a detaching travels is decided by that one's
// propagation. parent is the zero Mount if it is in no table: that of the
// namespace's root, and where /proc is read, that of what is mounted on the root
// directory of all threads.
//
// A mount with a UniqueID is found by that, wherever it was moved to, if the
// namespace is read by number. Else OldID, Device, Root and Path have to be what
// they were. The error satisfies errors.Is(err, ErrGone) if there is no such
// mount any more. Neither way asks a file system anything.
func (ns *Namespace) Look(m Mount) (now, parent Mount, err error) {
	if ns.byNumber && m.UniqueID != 0 {
		now, parent, err = ns.lookByNumber(m.UniqueID)
	} else {
		now, parent, err = ns.lookInTable(m)
	}
	if err != nil {
		return Mount{}, Mount{}, &MountError{Op: "look at", Target: m.Path, Err: err}
	}
	return now, parent, nil
}

// errMoving is the error for a mount that is mounted elsewhere at every look, as
// somebody could have it who does nothing else.
var errMoving = errors.New("it was moved during each look")

func (ns *Namespace) lookByNumber(id uint64) (now, parent Mount, err error) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	for range maxMoves {
		now, ok, err := statMount(&s.reader, ns.Unique, id, Query{})
		if err != nil {
			return Mount{}, Mount{}, err
		}
		if !ok {
			return Mount{}, Mount{}, ErrGone
		}
		parent, ok, err := statMount(&s.reader, ns.Unique, now.UniqueParent, Query{})
		switch {
		case err != nil:
			return Mount{}, Mount{}, err
		case !ok:
			continue // A mount does not go without those on it: they were moved.
		case parent.UniqueID == parent.UniqueParent:
			return now, Mount{}, nil // hiddenRoot
		}
		return now, parent, nil
	}
	return Mount{}, Mount{}, errMoving
}

func (ns *Namespace) lookInTable(m Mount) (now, parent Mount, err error) {
	mounts, err := ns.afresh().Mounts(Query{})
	if err != nil {
		return Mount{}, Mount{}, err
	}
	found := false
	for _, mount := range mounts {
		if sameMount(mount, m) && mount.Path == m.Path {
			now, found = mount, true
		}
	}
	if !found {
		return Mount{}, Mount{}, ErrGone
	}
	for _, mount := range mounts {
		if mount.OldID == now.OldParent && mount.OldID != now.OldID {
			parent = mount
		}
	}
	return now, parent, nil
}

// gone puts the kernel's word for a mount that is not there in our own.
func gone(err error) error {
	if errors.Is(err, unix.ENOENT) {
		return ErrGone
	}
	return err
}
