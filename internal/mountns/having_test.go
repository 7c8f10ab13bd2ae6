package mountns

import (
	"cmp"
	"errors"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// TestHaving looks for a mount in one of more namespaces than one reader looks at: in
// the first and in the last of them, in ours, and in none.
func TestHaving(t *testing.T) {
	walk := requireWalk(t)
	var some []*Namespace
	for range 3 * batched {
		some = append(some, newNamespace(t, walk))
	}
	// This is the order of the kernel's list.
	slices.SortFunc(some, func(a, b *Namespace) int { return cmp.Compare(a.Unique, b.Unique) })
	open := func() int {
		t.Helper()
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	path := dirs(t)
	newest := newestMount(t, some)
	for way, l := range map[string]*Lister{"by number": walk, "through /proc": NewProcLister()} {
		for where, ns := range map[string]*Namespace{"first": some[0], "middle": some[len(some)/2], "last": some[len(some)-1], "none": nil} {
			const source = "TestHaving"
			if ns != nil {
				in(t, ns, func() error { return mountTmpfs(source, path) })
			}
			before := open()
			for _, query := range []Query{{}, {NewerThan: newest}} {
				var asked atomic.Int64
				none, err := l.None(query, func(m Mount) bool {
					asked.Add(1)
					return m.Source == source
				})
				if err != nil || none != (ns == nil) {
					t.Errorf("%s, in the %s, newer than %d: %v, %v", way, where, query.NewerThan, none, err)
				}
				if asked.Load() == 0 && query.NewerThan == 0 {
					t.Errorf("%s: no mount was looked at", way)
				}
			}
			if after := open(); after != before {
				t.Errorf("%s, in the %s: %d descriptors, %d before", way, where, after, before)
			}
			if ns != nil {
				in(t, ns, func() error { return unix.Unmount(path, 0) })
			}
		}
	}
	newest = newestMount(t, some)
	for _, ns := range []*Namespace{some[0], some[len(some)/2], some[len(some)-1]} {
		in(t, ns, func() error { return mountTmpfs("TestHaving", path) })
	}
	for way, l := range map[string]*Lister{"by number": walk, "through /proc": NewProcLister()} {
		for _, query := range []Query{{}, {NewerThan: newest}} {
			var found []uint64
			before := open()
			for ns, err := range l.Having(query, func(m Mount) bool { return m.Source == "TestHaving" }) {
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, ns.Inode)
			}
			if after := open(); after != before {
				t.Errorf("%s: %d descriptors, %d before", way, after, before)
			}
			slices.Sort(found)
			want := []uint64{some[0].Inode, some[len(some)/2].Inode, some[len(some)-1].Inode}
			slices.Sort(want)
			if !slices.Equal(found, want) {
				t.Errorf("%s, newer than %d: %v, want %v", way, query.NewerThan, found, want)
			}
		}
	}
	if none, err := walk.None(Query{}, func(m Mount) bool { return m.Path == "/" }); none || err != nil {
		t.Errorf("in ours: %v, %v", none, err)
	}
}

// TestEndedMeanwhile has namespaces that end when they are listed and not looked at
// yet.
func TestEndedMeanwhile(t *testing.T) {
	walk := requireWalk(t)
	var some []*Namespace
	var holders []*exec.Cmd
	for range 10 {
		holder := hold(t, privateNamespace())
		holders = append(holders, holder)
		some = append(some, open(t, walk, holder))
	}
	endAll := sync.OnceFunc(func() {
		for i := range some {
			end(holders[i])
			some[i].Close()
		}
	})
	there := make(map[uint64]bool)
	for _, ns := range some {
		mounts, err := ns.Mounts(Query{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range mounts {
			there[m.UniqueID] = true
		}
	}
	none, err := walk.None(Query{}, func(m Mount) bool {
		if there[m.UniqueID] { // by then others of them are listed as well
			endAll()
		}
		return false
	})
	if !none || err != nil {
		t.Errorf("%v, %v", none, err)
	}
	for _, ns := range some {
		if _, err := ns.Mounts(Query{}); err == nil {
			t.Errorf("%s is still there: there was nothing to show", ns)
		}
	}
}

// TestFoundEnds has some of what was found end before it can be opened: the rest is
// yielded, each once.
func TestFoundEnds(t *testing.T) {
	walk := requireWalk(t)
	path := dirs(t)
	var holders []*exec.Cmd
	var some []*Namespace
	for range 2*batched + 10 {
		holder := hold(t, privateNamespace())
		holders = append(holders, holder)
		some = append(some, open(t, walk, holder))
	}
	for _, ns := range some {
		in(t, ns, func() error { return mountTmpfs("TestFoundEnds", path) })
	}
	yielded := make(map[uint64]int)
	for ns, err := range walk.Having(Query{}, func(m Mount) bool { return m.Source == "TestFoundEnds" }) {
		if err != nil {
			t.Fatal(err)
		}
		if len(yielded) == 0 {
			for i := range some {
				if i%3 == 0 && !some[i].Same(ns.ID) {
					end(holders[i])
					some[i].Close()
					some[i] = nil
				}
			}
		}
		yielded[ns.Unique]++
	}
	for _, ns := range some {
		if ns != nil && yielded[ns.Unique] == 0 {
			t.Errorf("%s was not yielded", ns)
		}
	}
	// Of those that have ended some are kept by the look itself.
	for number, times := range yielded {
		if times != 1 {
			t.Errorf("namespace %d was yielded %d times", number, times)
		}
	}
}

// newestMount is the highest unique id of a mount in some namespaces.
func newestMount(t *testing.T, some []*Namespace) uint64 {
	t.Helper()
	var newest uint64
	for _, ns := range some {
		mounts, err := ns.Mounts(Query{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range mounts {
			newest = max(newest, m.UniqueID)
		}
	}
	return newest
}

// TestOnlyOneOnHidden has a namespace as they are made, and one in which somebody
// has unmounted what he lived on, and has mounted two things on what was below.
func TestOnlyOneOnHidden(t *testing.T) {
	walk := requireWalk(t)
	ns := newNamespace(t, walk)
	mounts, err := ns.Mounts(Query{})
	if err != nil {
		t.Fatal(err)
	}
	there := make(map[uint64]bool)
	for _, m := range mounts {
		there[m.UniqueID] = true
	}
	hidden := 0 // a machine that runs from its initramfs has several
	for _, m := range mounts {
		if !there[m.UniqueParent] {
			hidden++
		}
	}
	if got := onlyOneOnHidden(ns.Unique); got != (hidden == 1) {
		t.Fatalf("only one: %v, of %d", got, hidden)
	}
	in(t, ns, func() error { return unix.Unmount("/", unix.MNT_DETACH) })
	var made []string
	in(t, ns, func() error {
		for range 2 {
			dir, err := os.MkdirTemp("/", "unbusy-TestOnlyOneOnHidden") //nolint:usetesting // it is on another root directory
			if err != nil {
				return err
			}
			made = append(made, dir)
			if err := mountTmpfs("TestOnlyOneOnHidden", dir); err != nil {
				return err
			}
		}
		return nil
	})
	if onlyOneOnHidden(ns.Unique) {
		t.Error("two mounts are one")
	}
	found := 0
	for _, err := range walk.Having(Query{}, func(m Mount) bool { return m.Source == "TestOnlyOneOnHidden" }) {
		if err != nil {
			t.Fatal(err)
		}
		found++
	}
	if found != 1 {
		t.Errorf("%d namespaces have the mounts", found)
	}
	// The directories are on the file system that every namespace is mounted on.
	in(t, ns, func() error {
		var errs []error
		for _, dir := range made {
			errs = append(errs, unix.Unmount(dir, 0), os.Remove(dir))
		}
		return errors.Join(errs...)
	})
}
