package linux

import (
	"errors"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// TestUnmountWatch mounts a file system twice: it has ended when both mounts are
// gone, and the watch keeps neither of them busy.
func TestUnmountWatch(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("mounting needs root")
	}
	runtime.LockOSThread() // and never let go: the thread ends with its namespace
	if err := unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	first, second := t.TempDir(), t.TempDir()
	for _, err := range []error{
		unix.Mount("tmpfs", first, "tmpfs", 0, ""),
		unix.Mount(first, second, "", unix.MS_BIND, ""),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	fd, err := unix.Open(first, unix.O_PATH, 0)
	if err != nil {
		t.Fatal(err)
	}
	id, err := UniqueMountID(fd)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Close(fd); err != nil {
		t.Fatal(err)
	}

	if _, err := WatchUnmount(second, id); !errors.Is(err, ErrOtherMount) {
		t.Errorf("of the other mount: %v", err)
	}
	watch, err := WatchUnmount(first, id)
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Close()
	for _, step := range []struct {
		unmount string
		gone    bool
	}{{first, false}, {second, true}} {
		if watch.Gone() {
			t.Errorf("gone before %s is unmounted", step.unmount)
		}
		if err := unix.Unmount(step.unmount, 0); err != nil {
			t.Fatal(err)
		}
		if got := watch.Gone(); got != step.gone {
			t.Errorf("after %s was unmounted: gone is %v", step.unmount, got)
		}
	}
}

func TestUnmountWatchOfNothing(t *testing.T) {
	if _, err := WatchUnmount(t.TempDir()+"/absent", 0); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
