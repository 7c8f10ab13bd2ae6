package engines

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/pkg/mount"
)

// mountedInside returns where something is mounted on a directory that has one of
// some names, or is in one that has: in are those below root, and elsewhere those
// that are reached by another way, for which an engine does not look when it
// cannot remove the directory.
//
// A directory cannot be removed if something is mounted on it by whatever path in
// the same mount namespace. So it is told by where it is in its file system.
func mountedInside(table []mount.Mount, keys []string, root string) (in, elsewhere []string) {
	byID := make(map[uint64]*mount.Mount, len(table))
	for i := range table {
		byID[table[i].OldID] = &table[i]
	}
	for i := range table {
		m := &table[i]
		parent := byID[m.OldParent]
		if parent == nil || m.Path == "" || parent == m {
			continue
		}
		place := filepath.Join(parent.Root, strings.TrimPrefix(m.Path, strings.TrimSuffix(parent.Path, "/")))
		if !slices.ContainsFunc(strings.Split(place, "/"), func(name string) bool {
			return slices.Contains(keys, strings.TrimSuffix(name, "-init"))
		}) {
			continue
		}
		if isUnder(m.Path, root) {
			in = append(in, m.Path)
		} else {
			elsewhere = append(elsewhere, m.Path)
		}
	}
	return in, elsewhere
}
