package cleanup

import (
	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

// Others returns what containers other than the owner of own have mounted in the
// mount areas of an engine's namespace.
func Others(areas []spec.Area, mounts []mount.Mount, own []Owned) []Owned {
	t := newTable(mounts)
	var others []Owned
	for i := range mounts {
		m := &mounts[i]
		_, tail, ok := ownerOf(areas, m.Path)
		if !ok || t.At(m.Path) != m || isOneOf(own, *m) {
			continue
		}
		others = append(others, t.ownedMount(Other, m, tail))
	}
	return others
}

func isOneOf(owned []Owned, m mount.Mount) bool {
	for i := range owned {
		if owned[i].IsOriginal(m) {
			return true
		}
	}
	return false
}
