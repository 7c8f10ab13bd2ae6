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
//
// It asks for what is below the hidden root. What the kernel takes for the root
// of a foreign namespace is the first mount on the hidden one (grab_requested_root
// in fs/namespace.c), and on a machine that runs from its initramfs, where many
// are mounted there, that is any of them.
func mountsByNumber(namespace uint64, query Query) ([]Mount, error) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	top, _, err := hiddenRoot(namespace, s)
	for tries := 1; errors.Is(err, unix.ENOENT) && tries < maxReads; tries++ {
		top, _, err = hiddenRoot(namespace, s) // what it climbed was unmounted
	}
	if err != nil {
		return nil, err
	}
	return below(namespace, top, query, s)
}

// below reads what is mounted below a mount.
func below(namespace, top uint64, query Query, s *scratch) ([]Mount, error) {
	var (
		mounts []Mount
		began  = time.Now()
		batch  = len(s.ids)
	)
	if query.Within != 0 {
		batch = firstListed
	}
	for after := query.NewerThan; ; {
		n, err := linux.ListMounts(namespace, top, after, s.ids[:batch])
		if err != nil {
			return nil, err
		}
		for _, id := range s.ids[:n] {
			if query.Within != 0 && time.Since(began) > query.Within {
				return nil, ErrTooSlow
			}
			mount, ok, err := statMount(&s.reader, namespace, id, query)
			if err != nil {
				return nil, err
			}
			if ok {
				mounts = append(mounts, mount)
			}
		}
		if n < batch {
			return mounts, nil
		}
		after = s.ids[n-1]
		batch = min(2*batch, len(s.ids))
	}
}

// statMount reads one mount. It is not ok if it does not match or is gone.
func statMount(reader *linux.MountReader, namespace, id uint64, query Query) (mount Mount, ok bool, err error) {
	defer func() {
		if errors.Is(err, unix.ENOENT) {
			ok, err = false, nil
		}
	}()
	if query.Device != nil {
		stat, err := reader.Stat(namespace, id, linux.MountSuperblock)
		if err != nil {
			return Mount{}, false, err
		}
		if !query.Device(Device{Major: stat.Major, Minor: stat.Minor}) {
			return Mount{}, false, nil
		}
	}
	stat, err := reader.Stat(namespace, id, linux.MountSuperblock|linux.MountBasic|linux.MountRoot|
		linux.MountPoint|linux.MountFSType|linux.MountFSSubtype|linux.MountSource)
	if err != nil {
		return Mount{}, false, err
	}
	return Mount{
		UniqueID: stat.ID, UniqueParent: stat.Parent,
		OldID: uint64(stat.OldID), OldParent: uint64(stat.OldParent),
		Device: Device{Major: stat.Major, Minor: stat.Minor},
		Root:   reader.Root(), Path: reader.Point(),
		FSType: reader.FSType(), Source: reader.Source(),
		PeerGroup: stat.PeerGroup, Master: stat.Master,
		ReadOnly: stat.Attributes&unix.MOUNT_ATTR_RDONLY != 0,
	}, true, nil
}
