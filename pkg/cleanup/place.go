package cleanup

import (
	"path"
	"strings"

	"github.com/unbusy/unbusy/pkg/mount"
)

// Place is a directory or file by its file system: the kernel's dentry, as far
// as it has a name. A clone of a mount, made by a recursive bind, by unshare or
// by propagation, is mounted on the same place as the original, whatever path
// leads there.
type Place struct {
	Device mount.Device `json:"device"`
	// Path is from the root of the file system.
	Path string `json:"path"`
}

// PlaceIn is the directory or file of a path that is on a mount, if it has a name.
func PlaceIn(on *mount.Mount, name string) (Place, bool) {
	rest, ok := mount.Below(name, on.Path)
	// A name stands in the root's place for a bound namespace, and for a directory
	// that was removed.
	if !ok || on.Path == "" || !strings.HasPrefix(on.Root, "/") {
		return Place{}, false
	}
	return Place{Device: on.Device, Path: path.Join(on.Root, rest)}, true
}

// PlaceOf is what a mount of a table is mounted on.
func PlaceOf(t *mount.Tree, m *mount.Mount) (Place, bool) {
	parent := t.Parent(m)
	if parent == nil || m.Path == "" {
		return Place{}, false
	}
	return PlaceIn(parent, m.Path)
}

// table is the mount table of one namespace.
type table struct{ *mount.Tree }

func newTable(mounts []mount.Mount) *table { return &table{mount.NewTree(mounts)} }

// place is what m is mounted on.
func (t *table) place(m *mount.Mount) (Place, bool) { return PlaceOf(t.Tree, m) }
