package sweep

import (
	"strings"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// identify finds out the unique ids of possible copies in a table that came
// without them. One that cannot be had is left unknown, for the rules to refuse.
func identify(ns *mountns.Namespace, mounts []mount.Mount, owned []cleanup.Owned) {
	for i := range mounts {
		m := &mounts[i]
		if m.UniqueID != 0 || !mayBeCopy(owned, *m) || m.Path == "" || mayHangOn(mounts, m.Path) {
			continue
		}
		if id, err := ns.UniqueID(*m); err == nil {
			m.UniqueID = id
		}
	}
}

// mayHangOn reports whether the way to a mount leads through a file system that
// may not answer, also if that is hidden below another one.
func mayHangOn(mounts []mount.Mount, path string) bool {
	for i := range mounts {
		m := &mounts[i]
		if mountns.MayHang(m.FSType) && m.Path != "" && m.Path != path &&
			strings.HasPrefix(path, strings.TrimSuffix(m.Path, "/")+"/") {
			return true
		}
	}
	return false
}
