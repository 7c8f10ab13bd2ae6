package mount

import "strings"

// Tree is the mount table of one namespace by what is mounted on what.
type Tree struct {
	// Mounts is the table.
	Mounts []Mount

	byID     map[uint64]*Mount // by OldID, which one table has once
	children map[uint64][]*Mount
}

// NewTree is the tree of a table. It refers to the mounts of the slice.
func NewTree(mounts []Mount) *Tree {
	t := &Tree{
		Mounts:   mounts,
		byID:     make(map[uint64]*Mount, len(mounts)),
		children: make(map[uint64][]*Mount),
	}
	for i := range mounts {
		m := &mounts[i]
		t.byID[m.OldID] = m
		if m.OldParent != m.OldID {
			t.children[m.OldParent] = append(t.children[m.OldParent], m)
		}
	}
	return t
}

// ByID is the mount with an OldID, nil if the table does not have it.
func (t *Tree) ByID(id uint64) *Mount { return t.byID[id] }

// Children are what is mounted on the mount with an OldID.
func (t *Tree) Children(id uint64) []*Mount { return t.children[id] }

// Parent is the mount that m is mounted on, nil if the table does not have it:
// that of a namespace's root, or one outside of what can be seen.
func (t *Tree) Parent(m *Mount) *Mount {
	parent := t.byID[m.OldParent]
	if parent == m {
		return nil
	}
	return parent
}

// Depth is how many mounts are between the one with an OldID and the root.
func (t *Tree) Depth(id uint64) int {
	depth := 0
	for m := t.byID[id]; m != nil && depth <= len(t.Mounts); m = t.Parent(m) {
		depth++
	}
	return depth
}

// At is the mount that a path, absolute and clean, is on: the one that the
// kernel arrives at from the root. It is nil for a table without a root.
func (t *Tree) At(name string) *Mount {
	var here *Mount
	for i := range t.Mounts {
		if m := &t.Mounts[i]; m.Path == "/" && t.Parent(m) == nil {
			here = m
			break
		}
	}
	for steps := 0; here != nil && steps <= len(t.Mounts); steps++ {
		// The first mountpoint on the way down is the shortest one.
		var next *Mount
		for _, m := range t.children[here.OldID] {
			if _, ok := Below(name, m.Path); ok && m.Path != "" && (next == nil || len(m.Path) < len(next.Path)) {
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

// Below returns what of a path follows a directory, by components, and whether
// it lies there at all.
func Below(name, dir string) (rest string, ok bool) {
	if dir == "/" {
		return strings.TrimPrefix(name, "/"), strings.HasPrefix(name, "/")
	}
	rest, ok = strings.CutPrefix(name, dir)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

// EndsWith reports whether a path ends with tail, by components.
func EndsWith(name, tail string) bool {
	return tail != "" && strings.HasSuffix(name, "/"+tail)
}
