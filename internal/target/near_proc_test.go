package target

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/pkg/spec"
)

// TestNearKnowsIDs has a mount of an engine's, which a record has a unique id of.
// By /proc it has to be found out.
func TestNearKnowsIDs(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root; `make test` runs it as root as well")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	merged := filepath.Join(dir, "overlay2", layer, "merged")
	if err := os.MkdirAll(merged, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("near", merged, "tmpfs", 0, "size=4k"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(merged, unix.MNT_DETACH) })
	found := []roots.Root{{Path: dir, Resolved: dir, Areas: []spec.Area{{Root: dir, Owner: "overlay2/*"}}}}
	var ids []uint64
	for _, lister := range []*mountns.Lister{mountns.NewLister(), mountns.NewProcLister()} {
		h, err := lookNear(lister, found)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range h.Namespaces[0].Mounts {
			if m.Path == merged {
				ids = append(ids, m.UniqueID)
			}
		}
	}
	if len(ids) != 2 || ids[0] == 0 || ids[0] != ids[1] {
		t.Errorf("ids %d by number and by /proc", ids)
	}
}
