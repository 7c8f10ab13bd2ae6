package linux

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMountIDAt(t *testing.T) {
	f, err := os.Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want, err := mountIDByDescriptor("/proc/self/fd/../../self/root/proc")
	if err != nil {
		t.Fatal(err)
	}
	if known, err := MountID(int(f.Fd())); err == nil && known != want {
		t.Errorf("the descriptor is of mount %d, fdinfo says %d", known, want)
	}
	for _, path := range []string{"/proc", "/proc/self/root/proc", "/proc/self/task"} {
		if id, err := MountIDAt(path); err != nil || id != want {
			t.Errorf("%s: %d, %v, want %d", path, id, err, want)
		}
	}
	if id, err := MountIDAt("/proc/self/root"); err != nil || id == want {
		t.Errorf("the root has the id of /proc, %d, or %v", id, err)
	}
	for name, look := range map[string]func(string) (uint64, error){
		"any": MountIDAt, "by path": mountIDByPath, "by descriptor": mountIDByDescriptor,
	} {
		if id, err := look("/proc/nothing"); !errors.Is(err, unix.ENOENT) {
			t.Errorf("%s: nothing: %d, %v, want ENOENT", name, id, err)
		}
	}
}
