package mountns

import "strings"

// Identify finds out the unique ids of the mounts of a table that came without
// them and that wanted says so of. One that cannot be had is left unknown, also
// where the way to the mount leads through a file system that may not answer.
func (ns *Namespace) Identify(mounts []Mount, wanted func(Mount) bool) {
	for i := range mounts {
		m := &mounts[i]
		if m.UniqueID != 0 || m.Path == "" || !wanted(*m) || mayHangOn(mounts, m.Path) {
			continue
		}
		if id, err := ns.UniqueID(*m); err == nil {
			m.UniqueID = id
		}
	}
}

// mayHangOn reports whether the way to a mount leads through a file system that
// may not answer, also if that is hidden below another one.
func mayHangOn(mounts []Mount, path string) bool {
	for i := range mounts {
		m := &mounts[i]
		if MayHang(m.FSType) && m.Path != "" && m.Path != path &&
			strings.HasPrefix(path, strings.TrimSuffix(m.Path, "/")+"/") {
			return true
		}
	}
	return false
}
