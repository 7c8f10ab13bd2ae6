package roots

import (
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"
)

// mountTable recognises live mounts of engines by their paths, and so finds
// the roots that nothing else tells of: a data root that only a command line
// names, a k3s somewhere. Mount points have no symbolic links in them.
func (f *finder) mountTable() {
	f.dockerPins()
	// Thousands of mounts say the same few things.
	var seen []string
	for _, m := range f.host.Mounts {
		if slices.ContainsFunc(seen, func(dir string) bool { return strings.HasPrefix(m.Mountpoint, dir) }) {
			continue
		}
		s, ok := shapeOf(m.Mountpoint, isNamespace(m))
		if !ok || s.root == "" {
			continue
		}
		fixed, _, _ := strings.Cut(s.pattern, "<")
		seen = append(seen, s.root+fixed)
		f.addShape(s, m.Mountpoint)
	}
}

// dockerPins looks for exec roots of dockerd before anything else: of what it keeps in
// such a directory only containers' namespaces have names that tell it from others, and
// the host's may come first.
func (f *finder) dockerPins() {
	for _, m := range f.host.Mounts {
		if !isNamespace(m) {
			continue
		}
		if s, ok := shapeOf(m.Mountpoint, true); ok && s.layout == &dockerExec {
			f.addShape(s, m.Mountpoint)
		}
	}
}

// addShape learns the root that a mount point shows, unless it is in a known one.
func (f *finder) addShape(s shape, mountpoint string) {
	if !f.explains(mountpoint) {
		f.add(s.layout, s.root, s.root, source{byMountTable, "mount table: " + s.root + s.pattern})
	}
}

// isNamespace says whether a mount pins a namespace. Before Linux 3.19 these
// files were part of proc.
func isNamespace(m *mountinfo.Info) bool {
	return m.FSType == "nsfs" || m.FSType == "proc" && strings.HasPrefix(strings.TrimPrefix(m.Root, "/"), "net:")
}

// explains says whether a mount point is at or below an owner's directory of
// an area that is known already.
func (f *finder) explains(mountpoint string) bool {
	for i := range f.roots {
		for _, area := range f.roots[i].root.Areas {
			if contains(area, mountpoint) {
				return true
			}
		}
	}
	return false
}
