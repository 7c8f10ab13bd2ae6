package capture

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
	"github.com/unbusy/unbusy/pkg/spec"
)

// holdsOnlySlaves looks at what the running container has at the bind that was
// changed and below it.
func holdsOnlySlaves(t *testing.T, c container) {
	t.Helper()
	note := c.written(t)
	// Below what is private on the host itself nothing can help. The last one is
	// the container's own root, which runc makes private and which ends with it.
	private := append(note.Decisions[spec.RuntimeRunc][0].Unprotected(), note.Host.Rootfs)
	found := false
	for _, m := range mounts(t, c.pid) {
		if !isBelow(m.Point, c.changed.destination) ||
			slices.ContainsFunc(private, func(point string) bool { return isBelow(m.Point, c.changed.inside(point)) }) {
			continue
		}
		found = true
		if !strings.Contains(m.Propagation, "master:") {
			t.Errorf("the mount on %s in the container is %q, not a slave", m.Point, m.Propagation)
		}
	}
	if !found {
		t.Errorf("the container has nothing on %s", c.changed.destination)
	}
}

// followsTheHost mounts something on the host, below the bind that was changed,
// and unmounts it.
func followsTheHost(t *testing.T, h *host.Host, c container) {
	t.Helper()
	later := filepath.Join(c.changed.source, "unbusy-later")
	if c.changed.source == "/" {
		later = filepath.Join(h.Dir(), "unbusy-later")
	}
	if err := os.Mkdir(later, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", later, "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	if !isMounted(t, c.pid, c.changed.inside(later)) {
		t.Error("a mount on the host does not arrive in the container")
	}
	if err := unix.Unmount(later, 0); err != nil {
		t.Fatal(err)
	}
	if isMounted(t, c.pid, c.changed.inside(later)) {
		t.Error("the container keeps a mount that is gone from the host")
	}
	if err := os.Remove(later); err != nil {
		t.Fatal(err)
	}
}

func isMounted(t *testing.T, pid int, point string) bool {
	t.Helper()
	return slices.ContainsFunc(mounts(t, pid), func(m observe.Mount) bool { return m.Point == point })
}

func mounts(t *testing.T, pid int) []observe.Mount {
	t.Helper()
	all, err := observe.Mounts(pid)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
