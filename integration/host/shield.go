package host

import (
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// shield keeps a directory of the machine as it is: what programs in the box
// write to it goes to the host's throw-away directory, and is gone with the
// test. It is for programs that cannot be told to write elsewhere.
func (h *Host) shield(dir string) {
	h.t.Helper()
	at := filepath.Join("shield", strings.Trim(strings.ReplaceAll(dir, "/", "-"), "-"))
	layers := "lowerdir=" + dir + ",upperdir=" + h.Dir(at, "upper") + ",workdir=" + h.Dir(at, "work")
	if err := unix.Mount("overlay", dir, "overlay", 0, layers); err != nil {
		h.t.Fatalf("shield %s: %v", dir, err)
	}
	h.t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			h.t.Errorf("unmount %s: %v", dir, err)
		}
	})
}
