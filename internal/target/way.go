package target

import (
	"slices"

	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// At is the mount that a path, absolute, clean and free of symbolic links, is
// on. It is not ok if the table has no root.
func (ns *Namespace) At(name string) (mount.Mount, bool) {
	if m := ns.mountTree().At(name); m != nil {
		return *m, true
	}
	return mount.Mount{}, false
}

// Parent is the mount that another one of the table is mounted on. It is not ok
// for that of the namespace's root.
func (ns *Namespace) Parent(m mount.Mount) (mount.Mount, bool) {
	if parent := ns.mountTree().Parent(&m); parent != nil && parent.OldID != m.OldID {
		return *parent, true
	}
	return mount.Mount{}, false
}

// Place is the directory or file that a mount of the table is mounted on, as the
// kernel tells it from others. It is not ok if that cannot be told.
func (ns *Namespace) Place(m mount.Mount) (cleanup.Place, bool) { return ns.mountTree().place(&m) }

// PathsTo are the paths by which a path of the namespace can be reached, itself
// among them: the others are by further mounts of the same file system.
func (ns *Namespace) PathsTo(name string) []string {
	on := ns.mountTree().At(name)
	if on == nil {
		return nil
	}
	place, ok := cleanup.PlaceIn(on, name)
	if !ok {
		return nil
	}
	paths := ns.mountTree().paths(place)
	slices.Sort(paths)
	return paths
}
