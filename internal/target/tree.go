package target

import (
	"path"
	"strings"

	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// tree is a mount table by what is mounted on what.
type tree struct {
	mounts   []mount.Mount
	byID     map[uint64]*mount.Mount
	children map[uint64][]*mount.Mount
	byDevice map[Device][]*mount.Mount
}

// mountTree is the tree of the namespace's table.
func (ns *Namespace) mountTree() *tree {
	if ns.tree != nil {
		return ns.tree
	}
	t := &tree{
		mounts:   ns.Mounts,
		byID:     make(map[uint64]*mount.Mount, len(ns.Mounts)),
		children: make(map[uint64][]*mount.Mount),
		byDevice: make(map[Device][]*mount.Mount),
	}
	for i := range ns.Mounts {
		m := &ns.Mounts[i]
		t.byID[m.OldID] = m
		t.byDevice[m.Device] = append(t.byDevice[m.Device], m)
		if m.OldParent != m.OldID {
			t.children[m.OldParent] = append(t.children[m.OldParent], m)
		}
	}
	ns.tree = t
	return t
}

func (t *tree) parent(m *mount.Mount) *mount.Mount {
	parent := t.byID[m.OldParent]
	if parent == m {
		return nil
	}
	return parent
}

// place is the directory or file that a mount is mounted on.
func (t *tree) place(m *mount.Mount) (cleanup.Place, bool) {
	parent := t.parent(m)
	if parent == nil || m.Path == "" {
		return cleanup.Place{}, false
	}
	return placeIn(parent, m.Path)
}

// placeIn is the directory or file of a path that is on a mount.
func placeIn(on *mount.Mount, name string) (cleanup.Place, bool) {
	rest, ok := below(name, on.Path)
	// A name stands in the root's place for a bound namespace and for a directory
	// that was removed.
	if !ok || on.Path == "" || !strings.HasPrefix(on.Root, "/") {
		return cleanup.Place{}, false
	}
	return cleanup.Place{Device: on.Device, Path: path.Join(on.Root, rest)}, true
}

// at is the mount that a path, absolute and clean, is on.
func (t *tree) at(name string) *mount.Mount {
	var here *mount.Mount
	for i := range t.mounts {
		if m := &t.mounts[i]; m.Path == "/" && t.parent(m) == nil {
			here = m
			break
		}
	}
	for steps := 0; here != nil && steps <= len(t.mounts); steps++ {
		// The first mountpoint on the way down is the shortest one.
		var next *mount.Mount
		for _, m := range t.children[here.OldID] {
			if _, ok := below(name, m.Path); ok && m.Path != "" && (next == nil || len(m.Path) < len(next.Path)) {
				next = m
			}
		}
		if next == nil {
			return here
		}
		here = next
	}
	return nil
}

// paths are the paths that lead to a place.
func (t *tree) paths(p cleanup.Place) []string {
	var found []string
	for _, m := range t.byDevice[p.Device] {
		if m.Path == "" || !strings.HasPrefix(m.Root, "/") {
			continue
		}
		rest, ok := below(p.Path, m.Root)
		if !ok {
			continue
		}
		name := path.Join(m.Path, rest)
		// What is mounted there is on the place, and what is mounted over the way
		// to it hides it.
		if on := t.at(name); on == m || on != nil && on.Path == name && t.parent(on) == m {
			found = append(found, name)
		}
	}
	return found
}

// below returns what of a path follows a directory, by components, and whether
// it lies there at all.
func below(name, dir string) (rest string, ok bool) {
	if dir == "/" {
		return strings.TrimPrefix(name, "/"), strings.HasPrefix(name, "/")
	}
	rest, ok = strings.CutPrefix(name, dir)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

// endsWith reports whether a path ends with tail, by components.
func endsWith(name, tail string) bool {
	return tail != "" && strings.HasSuffix(name, "/"+tail)
}
