package mountns

import (
	"errors"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMountsTooSlow reads a namespace in which mounts are mounted one upon the
// other. Its table is not read to the end if that may not take long, and that of
// another one is.
func TestMountsTooSlow(t *testing.T) {
	ns := newNamespace(t, requireWalk(t))
	top := dirs(t)
	const deep = 1500
	in(t, ns, func() error {
		if err := unix.Chdir(top); err != nil {
			return err
		}
		for range deep {
			if err := unix.Mount("deep", ".", "tmpfs", 0, "size=4k"); err != nil {
				return os.NewSyscallError("mount", err)
			}
			if err := unix.Chdir(top); err != nil {
				return err
			}
		}
		return nil
	})
	whole, err := ns.Mounts(Query{})
	if err != nil || len(whole) < deep {
		t.Fatalf("%d mounts, %v", len(whole), err)
	}
	if _, err := ns.Mounts(Query{Within: time.Microsecond}); !errors.Is(err, ErrTooSlow) {
		t.Errorf("error %v, want that it takes too long", err)
	}
	none, err := NewLister().None(Query{Within: time.Microsecond}, func(Mount) bool { return false })
	if none || !errors.Is(err, ErrTooSlow) || !errors.Is(err, ErrIncomplete) {
		t.Errorf("none: %v, %v, of what takes too long to know", none, err)
	}
	some, err := ns.Mounts(Query{Within: time.Hour})
	if err != nil || len(some) != len(whole) {
		t.Errorf("%d mounts with a bound that is not reached, %d without one: %v", len(some), len(whole), err)
	}
}
