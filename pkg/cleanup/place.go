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

// table is the mount table of one namespace.
type table struct {
	mounts   []mount.Mount
	byID     map[uint64]*mount.Mount // by OldID, which one table has once
	children map[uint64][]*mount.Mount
}

func newTable(mounts []mount.Mount) *table {
	t := &table{
		mounts:   mounts,
		byID:     make(map[uint64]*mount.Mount, len(mounts)),
		children: make(map[uint64][]*mount.Mount),
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

// parent is the mount that m is mounted on, nil if the table does not have it:
// that of a namespace's root, or one outside of what can be seen.
func (t *table) parent(m *mount.Mount) *mount.Mount {
	parent := t.byID[m.OldParent]
	if parent == m {
		return nil
	}
	return parent
}

// depth is how many mounts are between the one with an OldID and the root.
func (t *table) depth(id uint64) int {
	depth := 0
	for m := t.byID[id]; m != nil && depth <= len(t.mounts); m = t.parent(m) {
		depth++
	}
	return depth
}

// place is what m is mounted on.
func (t *table) place(m *mount.Mount) (Place, bool) {
	parent := t.parent(m)
	if parent == nil || m.Path == "" || parent.Path == "" {
		return Place{}, false
	}
	rest, ok := below(m.Path, parent.Path)
	// A name stands in the root's place for a bound namespace, and for a directory
	// that was removed.
	if !ok || !strings.HasPrefix(parent.Root, "/") {
		return Place{}, false
	}
	return Place{Device: parent.Device, Path: path.Join(parent.Root, rest)}, true
}

// at is the mount that a path, absolute and clean, is on: the one that the
// kernel arrives at from the root. It is nil for a table without a root.
func (t *table) at(wanted string) *mount.Mount {
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
			if _, ok := below(wanted, m.Path); ok && m.Path != "" && (next == nil || len(m.Path) < len(next.Path)) {
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
