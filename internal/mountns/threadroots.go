package mountns

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"slices"

	"github.com/moby/sys/mountinfo"
	"github.com/unbusy/unbusy/internal/linux"
	"golang.org/x/sys/unix"
)

// maxMoves is how often a thread is followed from one namespace to the next. One
// that does nothing but move is caught at every second look.
const maxMoves = 100

// ThreadRoots finds, for each namespace of which wanted says so by its inode
// number, the mounts on which those of the threads that are in it have their root
// directory: by OldID, each once, in ascending order. A root that was detached is in no
// table any more, but still here; so can be one that a thread had on an excursion
// to another namespace.
//
// Threads that end meanwhile are passed over; those that are made, move or change
// their root meanwhile may be there or not, and those that /proc does not show,
// in a pid namespace further out, are not. For threads that nobody may look at,
// not even root, their mount table says which namespace and mounts those can be.
// If that cannot be told either the error satisfies errors.Is(err,
// ErrIncomplete), and there is no result. Foreign threads are passed over, see
// [Foreigners].
//
// Following the link to a root directory can wait for an NFS or 9p file system
// (d_weak_revalidate); only a process that can be abandoned should call this.
func ThreadRoots(ctx context.Context, threads iter.Seq2[Thread, error], wanted func(namespace uint64) bool) (map[uint64][]uint64, error) {
	f := &rootFinder{lister: NewLister(), wanted: wanted, roots: map[uint64][]uint64{}}
	foreigners := f.lister.Foreigners()
	for t, err := range threads {
		if ended := context.Cause(ctx); ended != nil {
			return nil, ended
		}
		if errors.Is(err, fs.ErrPermission) && t.PID != 0 && foreigners.Has("/proc/"+t.dir()) {
			continue
		}
		if t.PID == 0 || errors.Is(err, errNotListed) {
			return nil, fmt.Errorf("%w: process %d: %w", ErrIncomplete, t.PID, err)
		}
		if err == nil {
			err = f.follow(t)
		}
		if err != nil {
			err = f.readTable(t, err)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: thread %d of process %d: %w", ErrIncomplete, t.TID, t.PID, err)
		}
	}
	for namespace, ids := range f.roots {
		slices.Sort(ids)
		f.roots[namespace] = slices.Compact(ids)
	}
	return f.roots, nil
}

// rootFinder is the state of ThreadRoots.
type rootFinder struct {
	lister *Lister
	wanted func(uint64) bool
	roots  map[uint64][]uint64
	// known are the namespaces of the tables that were read, each by a mount that
	// is in it.
	known []knownMount
}

type knownMount struct {
	mount     Mount
	namespace uint64
}

func (f *rootFinder) add(namespace uint64, ids ...uint64) {
	f.roots[namespace] = append(f.roots[namespace], ids...)
}

// follow looks where the root directory of a thread is while that stays in a
// namespace.
func (f *rootFinder) follow(t Thread) error {
	dir := "/proc/" + t.dir()
	for range maxMoves {
		if !f.wanted(t.Namespace) {
			return nil
		}
		id, err := linux.MountIDAt(dir + "/root")
		if err != nil {
			return err
		}
		now, err := linkedNamespace(dir + "/ns/mnt")
		if err != nil {
			return err
		}
		if now == t.Namespace {
			f.add(now, id)
			return nil
		}
		t.Namespace = now
	}
	return errors.New("it moved to another namespace at each look")
}

// readTable takes from its mount table what following the links of a thread did
// not show, for the given reason. Anyone may read that table, and no file system
// is asked.
func (f *rootFinder) readTable(t Thread, reason error) error {
	table := &threadTable{path: "/proc/" + t.dir() + "/mountinfo"}
	if _, err := table.read(); err != nil {
		return unlessEnded(err, reason)
	}
	namespace, err := f.namespaceOf(table)
	if err != nil {
		_, again := table.read()
		return unlessEnded(again, fmt.Errorf("%w: %w", reason, err))
	}
	if !f.wanted(namespace) {
		return nil
	}
	found := false
	for _, info := range table.last {
		if info.Mountpoint == "/" {
			// The root directory is on this mount, or on the next one if this one was
			// put over it.
			mount := mountOfInfo(info)
			f.add(namespace, mount.OldID, mount.OldParent)
			found = true
		}
	}
	if !found {
		return fmt.Errorf("no mount is at its root: %w", reason)
	}
	return nil
}

// unlessEnded is a failure, or nil if an error of reading the table of a thread
// says that it has none any more.
func unlessEnded(err, failure error) error {
	// EINVAL: it has ended and is still listed (mounts_open_common in
	// fs/proc_namespace.c).
	if isGone(err) || errors.Is(err, unix.EINVAL) {
		return nil
	}
	return errors.Join(failure, err)
}

// threadTable is the mount table of a thread, and what was last read of it.
type threadTable struct {
	path string
	last []*mountinfo.Info
}

func (t *threadTable) read() ([]*mountinfo.Info, error) {
	var err error
	t.last, err = readTable(t.path, os.ReadFile, linux.ReleaseAtLeast(5, 8))
	return t.last, err
}

// namespaceOf is the namespace of a table as it was last read.
func (f *rootFinder) namespaceOf(table *threadTable) (uint64, error) {
	if len(table.last) > 0 {
		for _, k := range f.known {
			if sameMount(k.mount, mountOfInfo(table.last[0])) {
				return k.namespace, nil
			}
		}
	}
	// Its last reading is of a table with a mount of the namespace.
	id, err := f.lister.namespaceByTable(table.read)
	if err != nil {
		return 0, err
	}
	f.known = append(f.known, knownMount{mountOfInfo(table.last[0]), id.Inode})
	return id.Inode, nil
}
