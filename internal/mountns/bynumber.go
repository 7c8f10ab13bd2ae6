package mountns

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/unbusy/unbusy/internal/linux"
	"golang.org/x/sys/unix"
)

// Query chooses mounts. The zero value is all.
type Query struct {
	// NewerThan leaves out mounts that were made before the one with this unique
	// id, and that one. It costs nothing, but needs Linux 6.12 and the initial
	// pid namespace: mounts with a UniqueID of 0 are returned whatever their age.
	NewerThan uint64
	// Device, if not nil, leaves out mounts for which it is false. It is asked
	// before any path is.
	Device func(Device) bool
	// Named, if not nil, says of which superblocks more is wanted than numbers:
	// Root, Path, FSType and Source take most of the time and are left out of a
	// mount of another one, unless a wanted one is mounted on it or the file system
	// may hang. A table that is read as a text has them all.
	Named func(Device) bool
	// Within, if not 0, bounds how long a table is read by number: beyond that the
	// error satisfies errors.Is(err, ErrTooSlow). The kernel climbs from each
	// mount to the root (is_path_reachable in fs/namespace.c), so that somebody who
	// mounts thousands of them one upon the other makes a table that takes minutes,
	// for everyone who reads it.
	Within time.Duration
}

// ErrTooSlow says that reading a mount table took longer than was allowed.
var ErrTooSlow = errors.New("reading the mount table takes too long")

// firstListed is how many ids are asked for at first where the time counts: one
// call for many is not interrupted.
const firstListed = 8

// listed is how many ids are asked for in one call: 4 KiB, of which there are
// always some free.
const listed = 512

// scratch is what reading a table needs for as long as that takes.
type scratch struct {
	reader linux.MountReader
	ids    [listed]uint64
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// hiddenRoot is the unique id of the mount that everything in a namespace is
// mounted below, and that of one that is mounted on it. No process sees the first,
// and it is not listed itself.
//
// The kernel lists mounts by age, beginning with the oldest of those that are
// reachable from the root. A mount that is older still than that, and has one of
// them upon it, is not reachable from there: it is the one below the root.
func hiddenRoot(namespace uint64, s *scratch) (top, on uint64, err error) {
	first := s.ids[:1]
	n, err := linux.ListMounts(namespace, linux.RootMount, 0, first)
	if err != nil {
		return 0, 0, err
	}
	if n == 0 {
		return 0, 0, fmt.Errorf("mount namespace %d has no mounts", namespace)
	}
	for at := first[0]; ; {
		stat, err := s.reader.Stat(namespace, at, linux.MountBasic)
		if err != nil {
			return 0, 0, err
		}
		if stat.Parent < first[0] || stat.Parent == at {
			return stat.Parent, at, nil
		}
		at = stat.Parent
	}
}

// mountsByNumber reads a table by the kernel's calls for that.
func mountsByNumber(namespace uint64, query Query) (mounts []Mount, err error) {
	err = belowHidden(namespace, func(top uint64, s *scratch) error {
		mounts, err = below(namespace, top, query, s)
		return err
	})
	return mounts, err
}

// hasByNumber is hasBelow for a whole namespace.
func hasByNumber(namespace uint64, query Query, is func(Mount) bool) (found bool, err error) {
	err = belowHidden(namespace, func(top uint64, s *scratch) error {
		found, err = hasBelow(namespace, top, query, s, is)
		return err
	})
	return found, err
}

// belowHidden calls f with the hidden root of a namespace, for it to ask for what is
// below that. What the kernel takes for the root of a foreign namespace is the first
// mount on the hidden one (grab_requested_root in fs/namespace.c), and on a machine
// that runs from its initramfs, where many are mounted there, that is any of them.
func belowHidden(namespace uint64, f func(top uint64, s *scratch) error) error {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	top, _, err := hiddenRoot(namespace, s)
	for tries := 1; errors.Is(err, unix.ENOENT) && tries < maxReads; tries++ {
		top, _, err = hiddenRoot(namespace, s) // what it climbed was unmounted
	}
	if err != nil {
		return err
	}
	return f(top, s)
}

// hasBelow reports whether is says so of a mount below one.
func hasBelow(namespace, top uint64, query Query, s *scratch, is func(Mount) bool) (bool, error) {
	found := false
	err := eachBelow(namespace, top, query, s, func(m Mount) bool {
		found = is(m)
		return !found
	})
	return found, err
}

// below reads what is mounted below a mount.
func below(namespace, top uint64, query Query, s *scratch) ([]Mount, error) {
	var mounts []Mount
	err := eachBelow(namespace, top, query, s, func(m Mount) bool {
		mounts = append(mounts, m)
		return true
	})
	if err == nil && query.Named != nil {
		err = s.nameParents(namespace, mounts, query.Named)
	}
	if err != nil {
		return nil, err
	}
	return mounts, nil
}

// eachBelow reads mounts below one for as long as f wants more.
func eachBelow(namespace, top uint64, query Query, s *scratch, f func(Mount) bool) error {
	began := time.Now()
	batch := len(s.ids)
	if query.Within != 0 {
		batch = firstListed
	}
	for after := query.NewerThan; ; {
		n, err := linux.ListMounts(namespace, top, after, s.ids[:batch])
		if err != nil {
			return err
		}
		for _, id := range s.ids[:n] {
			if query.Within != 0 && time.Since(began) > query.Within {
				return ErrTooSlow
			}
			mount, ok, err := statMount(&s.reader, namespace, id, query)
			if err != nil {
				return err
			}
			if ok && !f(mount) {
				return nil
			}
		}
		if n < batch {
			return nil
		}
		after = s.ids[n-1]
		batch = min(2*batch, len(s.ids))
	}
}

// nameParents reads what was left out of mounts that those are mounted on of which
// all is wanted.
func (s *scratch) nameParents(namespace uint64, mounts []Mount, named func(Device) bool) error {
	parents := make(map[uint64]bool)
	for i := range mounts {
		if named(mounts[i].Device) {
			parents[mounts[i].UniqueParent] = true
		}
	}
	for i := range mounts {
		m := &mounts[i]
		if m.FSType != "" || !parents[m.UniqueID] {
			continue
		}
		whole, ok, err := statMount(&s.reader, namespace, m.UniqueID, Query{})
		if err != nil {
			return err
		}
		if ok {
			*m = whole
		}
	}
	return nil
}

// statMount reads one mount. It is not ok if it does not match or is gone.
func statMount(reader *linux.MountReader, namespace, id uint64, query Query) (mount Mount, ok bool, err error) {
	defer func() {
		if errors.Is(err, unix.ENOENT) {
			ok, err = false, nil
		}
	}()
	if query.Device != nil || query.Named != nil {
		mask := linux.MountSuperblock
		if query.Named != nil {
			mask |= linux.MountBasic
		}
		stat, err := reader.Stat(namespace, id, mask)
		if err != nil {
			return Mount{}, false, err
		}
		device := Device{Major: stat.Major, Minor: stat.Minor}
		if query.Device != nil && !query.Device(device) {
			return Mount{}, false, nil
		}
		if query.Named != nil && !query.Named(device) && answers(stat.Magic) {
			return mountOf(stat), true, nil
		}
	}
	stat, err := reader.Stat(namespace, id, linux.MountSuperblock|linux.MountBasic|linux.MountRoot|
		linux.MountPoint|linux.MountFSType|linux.MountFSSubtype|linux.MountSource)
	if err != nil {
		return Mount{}, false, err
	}
	mount = mountOf(stat)
	mount.Root, mount.Path = reader.Root(), reader.Point()
	mount.FSType, mount.Source = reader.FSType(), reader.Source()
	return mount, true, nil
}

// mountOf is what is known of a mount without a string.
func mountOf(stat *linux.MountStat) Mount {
	return Mount{
		UniqueID: stat.ID, UniqueParent: stat.Parent,
		OldID: uint64(stat.OldID), OldParent: uint64(stat.OldParent),
		Device:    Device{Major: stat.Major, Minor: stat.Minor},
		PeerGroup: stat.PeerGroup, Master: stat.Master,
		ReadOnly: stat.Attributes&unix.MOUNT_ATTR_RDONLY != 0,
	}
}
