package mountns

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestUniqueID(t *testing.T) {
	ns := newNamespace(t, requireWalk(t))
	top := dirs(t, "a")
	a := filepath.Join(top, "a")
	in(t, ns, func() error { return mountTmpfs("a", a) })
	proc := withProc(t, ns)
	byText, want := only(t, proc, a), only(t, ns, a)
	if byText.UniqueID != 0 {
		t.Fatalf("mountinfo has a unique id: %+v", byText)
	}
	if id, err := proc.UniqueID(byText); err != nil || id != want.UniqueID {
		t.Errorf("%d, %v, want %d", id, err, want.UniqueID)
	}
	in(t, ns, func() error {
		if err := unix.Chdir(top); err != nil {
			return err
		}
		id, err := UniqueIDHere(byText)
		if err == nil && id != want.UniqueID {
			err = fmt.Errorf("from inside: %d, want %d", id, want.UniqueID)
		}
		return err
	})
	in(t, ns, func() error { return mountTmpfs("cover", a) })
	if id, err := proc.UniqueID(byText); !errors.Is(err, ErrOtherMount) {
		t.Errorf("covered: %d, %v, want %v", id, err, ErrOtherMount)
	}
	in(t, ns, func() error { return errors.Join(unix.Unmount(a, 0), unix.Unmount(a, 0)) })
	if id, err := proc.UniqueID(byText); !errors.Is(err, ErrGone) {
		t.Errorf("gone: %d, %v, want %v", id, err, ErrGone)
	}
}
