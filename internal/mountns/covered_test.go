package mountns

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestCovered(t *testing.T) {
	requireRoot(t)
	for _, l := range []*Lister{NewLister(), NewProcLister()} {
		for _, test := range []struct {
			name  string
			setup func(path string) error
			want  bool
			err   error
		}{
			{"nothing", func(string) error { return nil }, false, nil},
			{"over it", func(path string) error { return mountTmpfs("x", path) }, true, nil},
			{"below it", func(path string) error {
				return errors.Join(os.Mkdir(path+"/sub", 0o700), mountTmpfs("x", path+"/sub"))
			}, true, nil},
			{"beside it", func(path string) error {
				return errors.Join(os.Mkdir(path+"-other", 0o700), mountTmpfs("x", path+"-other"))
			}, false, nil},
			{"gone", func(path string) error { return unix.Unmount(path, 0) }, false, ErrGone},
		} {
			name := test.name
			if l.Proc() {
				name += ", by the text"
			}
			t.Run(name, func(t *testing.T) {
				ns := newNamespace(t, l)
				path := dirs(t, "m") + "/m"
				in(t, ns, func() error { return mountTmpfs("it", path) })
				m := only(t, ns, path)
				in(t, ns, func() error { return test.setup(path) })
				got, err := ns.Covered(m)
				if got != test.want || !errors.Is(err, test.err) {
					t.Errorf("%v, %v, want %v, %v", got, err, test.want, test.err)
				}
			})
		}
	}
}

// TestDetachStaysHere mounts something below a mount that has peers elsewhere
// when nothing but detaching it is left to do.
func TestDetachStaysHere(t *testing.T) {
	walk := requireWalk(t)
	first := newNamespace(t, walk)
	top := dirs(t)
	dir := filepath.Join(top, "m")
	var second *Namespace
	in(t, first, func() error {
		if err := errors.Join(mountTmpfs("parent", top), os.Mkdir(dir, 0o700), mountTmpfs("it", dir),
			propagate(dir, unix.MS_SHARED), os.MkdirAll(dir+"/sub", 0o700)); err != nil {
			return err
		}
		second = open(t, walk, hold(t, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}))
		return nil
	})
	tg := target(only(t, second, dir))
	tg.Check = func(int) error {
		err := first.Enter(func() error {
			return errors.Join(mountTmpfs("below", dir+"/sub"), os.Mkdir(dir+"/sub/sub", 0o700), mountTmpfs("below that", dir+"/sub/sub"))
		})
		requireMounts(t, second, dir+"/sub/sub", 1)
		return err
	}
	if err := second.Detach(tg); err != nil {
		t.Error(err)
	}
	requireMounts(t, second, dir, 0)
	for _, path := range []string{dir, dir + "/sub", dir + "/sub/sub"} {
		requireMounts(t, first, path, 1)
	}
}
