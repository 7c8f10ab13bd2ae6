package mountns

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// ways are the same namespace in all the ways there are to read it.
func ways(t *testing.T, ns *Namespace) map[string]*Namespace {
	t.Helper()
	f, err := ns.File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	entered, err := NewProcLister().FromFile(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { entered.Close() })
	return map[string]*Namespace{"by number": ns, "through /proc": withProc(t, ns), "entered": entered}
}

func TestLook(t *testing.T) {
	ns := newNamespace(t, requireWalk(t))
	top := dirs(t)
	path := filepath.Join(top, "m")
	in(t, ns, func() error {
		return errors.Join(mountTmpfs("parent", top), propagate(top, unix.MS_SHARED),
			os.Mkdir(path, 0o700), mountTmpfs("lower", path), mountTmpfs("it", path))
	})
	all := ways(t, ns)
	it := map[string]Mount{}
	for way, ns := range all {
		for _, m := range at(t, ns.afresh(), path) {
			if m.Source == "it" {
				it[way] = m
			}
		}
		now, parent, err := ns.Look(it[way])
		if err != nil || now != it[way] || parent.Source != "lower" || parent.Path != path {
			t.Errorf("%s: %+v on %+v, %v, want %+v", way, now, parent, err, it[way])
		}
		lower := parent
		if now, parent, err := ns.Look(lower); err != nil || now != lower || parent.Source != "parent" || parent.PeerGroup == 0 {
			t.Errorf("%s: %+v on %+v, %v, want %+v", way, now, parent, err, lower)
		}
	}
	// What changes is seen, also if the table was read when the namespace was found.
	all["through /proc"] = withProc(t, ns)
	in(t, ns, func() error {
		return errors.Join(propagate(path, unix.MS_PRIVATE), propagate(top, unix.MS_PRIVATE),
			unix.Mount("", path, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	})
	for way, ns := range all {
		now, parent, err := ns.Look(it[way])
		if err != nil || !now.ReadOnly || now.PeerGroup != 0 {
			t.Errorf("%s: changed: %+v, %v", way, now, err)
		}
		if _, parent, err := ns.Look(parent); err != nil || parent.PeerGroup != 0 {
			t.Errorf("%s: changed: %+v, %v", way, parent, err)
		}
	}
	all["through /proc"] = withProc(t, ns)
	in(t, ns, func() error { return unix.Unmount(path, 0) })
	for way, ns := range all {
		if now, parent, err := ns.Look(it[way]); !errors.Is(err, ErrGone) || now != (Mount{}) || parent != (Mount{}) {
			t.Errorf("%s: unmounted: %+v on %+v, %v", way, now, parent, err)
		}
	}
}

// TestLookAtOwn needs no privileges: nothing is entered.
func TestLookAtOwn(t *testing.T) {
	own, err := NewProcLister().Own()
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	proc := at(t, own, "/proc")
	if len(proc) == 0 {
		t.Fatal("no /proc")
	}
	if now, _, err := own.Look(proc[0]); err != nil || now != proc[0] {
		t.Errorf("%+v, %v, want %+v", now, err, proc[0])
	}
}

func TestLookIdentity(t *testing.T) {
	ns := newNamespace(t, requireWalk(t))
	top := dirs(t, "a", "b")
	a, b := filepath.Join(top, "a"), filepath.Join(top, "b")
	in(t, ns, func() error { return mountTmpfs("it", a) })
	all, other := ways(t, ns), ways(t, newNamespace(t, requireWalk(t)))
	it := only(t, ns, a)
	for way, ns := range all {
		for what, change := range map[string]func(*Mount){
			"the same":       func(*Mount) {},
			"another unique": func(m *Mount) { m.UniqueID += 1 << 40 },
			"another id":     func(m *Mount) { m.OldID += 1 << 20 },
			"another device": func(m *Mount) { m.Device.Minor++ },
			"another root":   func(m *Mount) { m.Root += "x" },
			"another path":   func(m *Mount) { m.Path += "x" },
		} {
			// With a unique id, nothing else counts where there are any; without one
			// or where there are none, all else does.
			for _, unique := range []bool{true, false} {
				m := it
				change(&m)
				if !unique {
					m.UniqueID = 0
				}
				byUnique := ns.byNumber && unique
				same := what == "the same" || byUnique != (what == "another unique")
				now, _, err := ns.Look(m)
				if same && (err != nil || now.OldID != it.OldID) || !same && !errors.Is(err, ErrGone) {
					t.Errorf("%s: %s, unique %v: %+v, %v", way, what, unique, now, err)
				}
			}
		}
		if now, _, err := other[way].Look(it); !errors.Is(err, ErrGone) {
			t.Errorf("%s: in another namespace: %+v, %v", way, now, err)
		}
	}
	in(t, ns, func() error { return unix.Mount(a, b, "", unix.MS_MOVE, "") })
	for way, ns := range all {
		now, _, err := ns.Look(it)
		if found := err == nil && now.Path == b; found != ns.byNumber || !found && !errors.Is(err, ErrGone) {
			t.Errorf("%s: moved: %+v, %v", way, now, err)
		}
	}
}

func TestLookAtRoot(t *testing.T) {
	ns := newNamespace(t, requireWalk(t))
	for way, ns := range ways(t, ns) {
		mounts, err := ns.afresh().Mounts(Query{})
		if err != nil {
			t.Fatal(err)
		}
		listed := map[uint64]bool{}
		for _, m := range mounts {
			listed[m.OldID] = true
		}
		roots := 0
		for _, m := range mounts {
			if listed[m.OldParent] {
				continue
			}
			roots++
			if now, parent, err := ns.Look(m); err != nil || now != m || parent != (Mount{}) {
				t.Errorf("%s: %+v on %+v, %v, want %+v on nothing", way, now, parent, err, m)
			}
		}
		if roots == 0 {
			t.Errorf("%s: no root among %d mounts", way, len(mounts))
		}
	}
}

// TestLookAtMoving looks at a mount that is moved all the time, away from a mount
// that is then unmounted.
func TestLookAtMoving(t *testing.T) {
	ns := newNamespace(t, requireWalk(t))
	top := dirs(t, "0", "1")
	place := func(i int) string { return filepath.Join(top, string(rune('0'+i%2))) }
	arrive := func(i int) error {
		return errors.Join(mountTmpfs("parent", place(i)), os.Mkdir(filepath.Join(place(i), "m"), 0o700))
	}
	in(t, ns, func() error { return errors.Join(arrive(0), mountTmpfs("it", filepath.Join(place(0), "m"))) })
	it := only(t, ns, filepath.Join(place(0), "m"))
	stop, stopped := make(chan struct{}), make(chan error, 1)
	defer func() {
		close(stop)
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	}()
	go func() {
		stopped <- ns.Enter(func() error {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return nil
				default:
				}
				err := errors.Join(arrive(i+1),
					unix.Mount(filepath.Join(place(i), "m"), filepath.Join(place(i+1), "m"), "", unix.MS_MOVE, ""),
					unix.Unmount(place(i), 0))
				if err != nil {
					return err
				}
			}
		})
	}()
	found := 0
	const looks = 20_000
	for range looks {
		switch _, parent, err := ns.Look(it); {
		case err == nil && parent.Source == "parent":
			found++
		case !errors.Is(err, errMoving):
			t.Fatalf("on %+v, %v", parent, err)
		}
	}
	if found < looks-20 {
		t.Errorf("it was found %d times of %d", found, looks)
	}
}
