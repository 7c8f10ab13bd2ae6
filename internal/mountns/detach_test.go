package mountns

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// target is how a mount is named that was seen in a table.
func target(m Mount) Target {
	return Target{Path: m.Path, UniqueID: m.UniqueID}
}

// requireMounts checks how many mounts are at a path.
func requireMounts(t *testing.T, ns *Namespace, path string, want int) {
	t.Helper()
	if found := at(t, ns, path); len(found) != want {
		t.Errorf("%d mounts at %s, want %d: %+v", len(found), path, want, found)
	}
}

func TestDetach(t *testing.T) {
	ns := newNamespace(t, requireWalk(t))
	top := dirs(t, "dir/below", "x/dir", "o d\\d\n")
	file, source := filepath.Join(top, "file"), filepath.Join(top, "source")
	for _, name := range []string{file, source} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir, odd := filepath.Join(top, "dir"), filepath.Join(top, "o d\\d\n")
	in(t, ns, func() error {
		return errors.Join(bind(source, file, 0), mountTmpfs("odd", odd), mountTmpfs("dir", dir),
			os.Mkdir(filepath.Join(dir, "below"), 0o700), mountTmpfs("below", filepath.Join(dir, "below")))
	})
	for _, path := range []string{file, odd, dir} {
		checked := false
		tg := target(only(t, ns, path))
		tg.Check = func(int) error { checked = true; return nil }
		if err := ns.Detach(tg); err != nil {
			t.Error(err)
		}
		if !checked {
			t.Errorf("%s was not checked", path)
		}
		requireMounts(t, ns, path, 0)
	}
	requireMounts(t, ns, filepath.Join(dir, "below"), 0)
}

func TestDetachOnlyTheRightOne(t *testing.T) {
	walk := requireWalk(t)
	wrong := errors.New("wrong")
	for _, test := range []struct {
		name string
		// setup gets a namespace with a tmpfs mounted at path, and what was going to
		// be detached; it may change both.
		setup func(path string, tg *Target) error
		want  error
		left  int
	}{
		{"gone", func(path string, _ *Target) error { return unix.Unmount(path, 0) }, ErrGone, 0},
		{"the path is gone", func(path string, tg *Target) error {
			tg.Path = path + "/nothing/here"
			return nil
		}, ErrGone, 1},
		{"covered", func(path string, _ *Target) error { return mountTmpfs("cover", path) }, ErrOtherMount, 2},
		{"replaced", func(path string, _ *Target) error {
			return errors.Join(unix.Unmount(path, 0), mountTmpfs("new", path))
		}, ErrOtherMount, 1},
		{"another id", func(_ string, tg *Target) error { tg.UniqueID++; return nil }, ErrOtherMount, 1},
		{"a directory below", func(path string, tg *Target) error {
			tg.Path = filepath.Join(path, "sub")
			return os.Mkdir(tg.Path, 0o700)
		}, ErrGone, 1},
		// The link leads to the very mount: only following it is wrong.
		{"a symbolic link in the path", func(path string, _ *Target) error {
			dir := filepath.Dir(path)
			return errors.Join(os.Rename(dir, dir+"-away"), os.Symlink(dir+"-away", dir))
		}, ErrGone, 0},
		{"a symbolic link at the end", func(path string, tg *Target) error {
			tg.Path = path + "-link"
			return os.Symlink(path, tg.Path)
		}, ErrGone, 1},
		{"a link of /proc in the path", func(path string, tg *Target) error {
			tg.Path = "/proc/self/root" + path
			return nil
		}, ErrGone, 1},
		{"dots", func(path string, tg *Target) error {
			tg.Path = filepath.Dir(path) + "/../" + filepath.Base(filepath.Dir(path)) + "/m"
			return nil
		}, unix.EINVAL, 1},
		{"the root", func(_ string, tg *Target) error {
			*tg = Target{Path: "/", Check: func(int) error { return nil }}
			return nil
		}, errRoot, 1},
		{"refused by the caller", func(_ string, tg *Target) error {
			tg.Check = func(int) error { return wrong }
			return nil
		}, wrong, 1},
		{"refused by the caller, without an id", func(_ string, tg *Target) error {
			tg.UniqueID = 0
			tg.Check = func(int) error { return wrong }
			return nil
		}, wrong, 1},
		{"nothing to tell it by", func(_ string, tg *Target) error { tg.UniqueID = 0; return nil }, ErrUnidentified, 1},
		{"covered after the check", func(path string, tg *Target) error {
			tg.Check = func(int) error { return mountTmpfs("cover", path) }
			return nil
		}, ErrOtherMount, 1},
		{"detached after the check", func(path string, tg *Target) error {
			tg.Check = func(int) error { return unix.Unmount(path, unix.MNT_DETACH) }
			return nil
		}, unix.EINVAL, 0},
		{"accepted by the caller, without an id", func(_ string, tg *Target) error {
			tg.UniqueID = 0
			tg.Check = func(int) error { return nil }
			return nil
		}, nil, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			ns := newNamespace(t, walk)
			path := filepath.Join(dirs(t, "dir/m"), "dir/m")
			in(t, ns, func() error { return mountTmpfs("it", path) })
			tg := target(only(t, ns, path))
			in(t, ns, func() error { return test.setup(path, &tg) })
			before, err := ns.Mounts(Query{})
			if err != nil {
				t.Fatal(err)
			}
			err = ns.Detach(tg)
			if !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
			var typed *MountError
			if err != nil && (!errors.As(err, &typed) || typed.Target != tg.Path) {
				t.Errorf("%#v does not name %s", err, tg.Path)
			}
			if errors.Is(err, ErrLocked) {
				t.Errorf("not locked: %v", err)
			}
			requireMounts(t, ns, path, test.left)
			// The check itself may have changed the table; nobody else.
			if after, err := ns.Mounts(Query{}); err != nil || tg.Check == nil && len(after) != len(before) {
				t.Errorf("%d mounts, %v, %d before", len(after), err, len(before))
			}
		})
	}
}

func TestDetachLocked(t *testing.T) {
	walk := requireWalk(t)
	outer := newNamespace(t, walk)
	dir := dirs(t)
	var inner *Namespace
	in(t, outer, func() error {
		if err := mountTmpfs("it", dir); err != nil {
			return err
		}
		inner = open(t, walk, hold(t, userNamespace()))
		return nil
	})
	err := inner.Detach(target(only(t, inner, dir)))
	if !errors.Is(err, ErrLocked) || !errors.Is(err, unix.EINVAL) {
		t.Errorf("%v, want %v and EINVAL", err, ErrLocked)
	}
	if want := "umount2 \"" + dir + "\" (MNT_DETACH): "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s…", err, want)
	}
	requireMounts(t, inner, dir, 1)
	// A namespace that is not a copy of another user's is free to lose it.
	if err := outer.Detach(target(only(t, outer, dir))); err != nil {
		t.Error(err)
	}
}

// TestDetachPeer shows what a caller has to look at: the parent decides.
func TestDetachPeer(t *testing.T) {
	walk := requireWalk(t)
	for _, test := range []struct {
		name   string
		parent uintptr
		left   int
	}{
		{"the parent is shared", unix.MS_SHARED, 0},
		{"the parent is private", unix.MS_PRIVATE, 1},
		{"the parent is a slave", unix.MS_SLAVE, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			first := newNamespace(t, walk)
			top := dirs(t)
			dir := filepath.Join(top, "m")
			var second *Namespace
			in(t, first, func() error {
				if err := errors.Join(mountTmpfs("parent", top), propagate(top, unix.MS_SHARED),
					os.Mkdir(dir, 0o700), mountTmpfs("it", dir)); err != nil {
					return err
				}
				attr := privateNamespace()
				attr.Cloneflags, attr.Unshareflags = attr.Unshareflags, 0 // keeps what is shared
				second = open(t, walk, hold(t, attr))
				return nil
			})
			in(t, second, func() error { return propagate(top, test.parent) })
			if err := second.Detach(target(only(t, second, dir))); err != nil {
				t.Fatal(err)
			}
			requireMounts(t, second, dir, 0)
			requireMounts(t, first, dir, test.left)
		})
	}
}

func TestDetachByText(t *testing.T) {
	requireRoot(t)
	ns := newNamespace(t, NewProcLister())
	dir := dirs(t)
	in(t, ns, func() error { return mountTmpfs("it", dir) })
	m := only(t, ns, dir)
	var err error
	if m.UniqueID, err = ns.UniqueID(m); err != nil {
		t.Fatal(err)
	}
	wrong := target(m)
	wrong.UniqueID++
	if err := ns.Detach(wrong); !errors.Is(err, ErrOtherMount) {
		t.Errorf("%v, want %v", err, ErrOtherMount)
	}
	requireMounts(t, ns, dir, 1)
	if err := ns.Detach(target(m)); err != nil {
		t.Error(err)
	}
	requireMounts(t, ns, dir, 0)
}

func TestMountError(t *testing.T) {
	for flags, want := range map[int]string{
		0:                                     `umount2 "/a\nb": invalid argument`,
		unix.MNT_DETACH:                       `umount2 "/a\nb" (MNT_DETACH): invalid argument`,
		unix.MNT_DETACH | unix.MNT_FORCE | 64: `umount2 "/a\nb" (MNT_FORCE|MNT_DETACH|0x40): invalid argument`,
	} {
		err := &MountError{Op: "umount2", Target: "/a\nb", Flags: flags, Err: unix.EINVAL}
		if err.Error() != want || !errors.Is(err, unix.EINVAL) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
