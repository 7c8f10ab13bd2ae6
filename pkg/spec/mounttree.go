package spec

import (
	"path/filepath"
	"strings"

	"github.com/moby/sys/mountinfo"
)

// mountTree is the mount table of one namespace by parent and child, which is
// how the kernel walks a path and how it clones a tree for a recursive bind. A
// mount that is hidden below another one is met in neither.
type mountTree struct {
	root     *mountinfo.Info
	children map[int][]*mountinfo.Info
}

func newMountTree(table []*mountinfo.Info) mountTree {
	t := mountTree{children: make(map[int][]*mountinfo.Info, len(table))}
	ids := make(map[int]bool, len(table))
	for _, m := range table {
		ids[m.ID] = true
	}
	for _, m := range table {
		if m.Parent != m.ID && ids[m.Parent] {
			t.children[m.Parent] = append(t.children[m.Parent], m)
		} else if m.Mountpoint == "/" {
			t.root = m
		}
	}
	return t
}

// at returns the mount that path, absolute and free of symbolic links, is on:
// the one that the kernel arrives at from the root. It returns nil for a table
// without a root.
func (t mountTree) at(path string) *mountinfo.Info {
	here := t.root
	for here != nil {
		// The first mountpoint on the way down is the shortest one.
		var next *mountinfo.Info
		for _, m := range t.children[here.ID] {
			if isWithin(path, m.Mountpoint) && (next == nil || len(m.Mountpoint) < len(next.Mountpoint)) {
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

// below returns what a recursive bind of dir clones beside the mount that dir
// is on.
func (t mountTree) below(dir string) []*mountinfo.Info {
	top := t.at(dir)
	if top == nil {
		return nil
	}
	var all []*mountinfo.Info
	for _, m := range t.children[top.ID] {
		if isWithin(m.Mountpoint, dir) {
			all = t.appendTree(all, m)
		}
	}
	return all
}

func (t mountTree) appendTree(all []*mountinfo.Info, m *mountinfo.Info) []*mountinfo.Info {
	all = append(all, m)
	for _, child := range t.children[m.ID] {
		all = t.appendTree(all, child)
	}
	return all
}

// isWithin reports whether path is dir or lies below it.
func isWithin(path, dir string) bool {
	if dir == "/" {
		return strings.HasPrefix(path, "/")
	}
	return strings.HasPrefix(path, dir) && (len(path) == len(dir) || path[len(dir)] == '/')
}

// pathInFilesystem translates a path that lies on mount m into a path from the
// root of m's file system.
func pathInFilesystem(m *mountinfo.Info, path string) string {
	return filepath.Join(m.Root, strings.TrimPrefix(path, m.Mountpoint))
}

// sameDevice compares file systems by the numbers of the mount table and never
// by stat's: btrfs gives each subvolume a st_dev of its own.
func sameDevice(a, b *mountinfo.Info) bool { return a.Major == b.Major && a.Minor == b.Minor }
