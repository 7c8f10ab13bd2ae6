package target

import (
	"path"
	"strings"

	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// tree is a mount table by what is mounted on what, and by file system.
type tree struct {
	*mount.Tree
	byDevice map[Device][]*mount.Mount
}

// mountTree is the tree of the namespace's table.
func (ns *Namespace) mountTree() *tree {
	if ns.tree != nil {
		return ns.tree
	}
	t := &tree{mount.NewTree(ns.Mounts), make(map[Device][]*mount.Mount)}
	for i := range ns.Mounts {
		m := &ns.Mounts[i]
		t.byDevice[m.Device] = append(t.byDevice[m.Device], m)
	}
	ns.tree = t
	return t
}

// place is the directory or file that a mount is mounted on.
func (t *tree) place(m *mount.Mount) (cleanup.Place, bool) { return cleanup.PlaceOf(t.Tree, m) }

// paths are the paths that lead to a place.
func (t *tree) paths(p cleanup.Place) []string {
	var found []string
	for _, m := range t.byDevice[p.Device] {
		if m.Path == "" || !strings.HasPrefix(m.Root, "/") {
			continue
		}
		rest, ok := mount.Below(p.Path, m.Root)
		if !ok {
			continue
		}
		name := path.Join(m.Path, rest)
		// What is mounted there is on the place, and what is mounted over the way
		// to it hides it.
		if on := t.At(name); on == m || on != nil && on.Path == name && t.Parent(on) == m {
			found = append(found, name)
		}
	}
	return found
}
