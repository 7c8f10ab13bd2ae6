package spec

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"
)

// Cover is a mount area that a recursive bind covers.
type Cover struct {
	Area
	// Alias is the mountpoint, at, above or below the bind's source, by which
	// the source reaches the area although its path does not: another mount of
	// a directory above the area. It is empty for a source that covers the
	// area by its path.
	Alias string `json:"alias,omitempty"`
	// Private are the mountpoints between the source and the area whose mounts
	// get no events in the runtime's own namespace, or will get none because
	// the container's root is a directory on them (see [rootParent]). A clone
	// of them is private as well, whatever the bind asks for, so rslave does
	// not help below them.
	Private []string `json:"private,omitempty"`
}

// survey puts the mount areas of a host in relation to its mount table.
type survey struct {
	areas []Area
	tree  mountTree
	homes []home // in the order of areas
	// ended is the mount that the runtime makes private, nil if there is none.
	ended *mountinfo.Info
}

// home is where an area lies in its file system, however that is mounted.
type home struct {
	mount *mountinfo.Info // nil if the mount table has no answer
	area  Area
}

func newSurvey(h Host) survey {
	s := survey{areas: h.Areas, tree: newMountTree(h.Mounts)}
	for _, area := range h.Areas {
		fixed, variable := splitPattern(area.Owner)
		place := filepath.Join(area.Root, fixed)
		there := home{mount: s.tree.at(place)}
		if there.mount != nil {
			there.area = Area{Root: pathInFilesystem(there.mount, place), Owner: variable}
		}
		s.homes = append(s.homes, there)
	}
	return s
}

// splitPattern splits an owner pattern before its first wildcard.
func splitPattern(owner string) (fixed, variable string) {
	names := components(owner)
	n := slices.Index(names, "*")
	if n < 0 {
		n = len(names)
	}
	return strings.Join(names[:n], "/"), strings.Join(names[n:], "/")
}

// covers returns the mount areas that a recursive bind of dir covers.
func (s survey) covers(dir string) []Cover {
	above, below := s.tree.at(dir), s.tree.below(dir)
	var found []Cover
	for i, area := range s.areas {
		if area.Covers(dir) {
			found = append(found, Cover{Area: area, Private: s.privateBetween(above, below, area)})
		} else if c, ok := s.coversByAlias(dir, above, below, i); ok {
			found = append(found, c)
		}
	}
	return found
}

// privateBetween returns the mountpoints of the private mounts from the one
// that the source is on down to the area. They are what decides whether an
// unmount in the area travels: propagation goes by the parent of the mount that
// is taken away, and does not pass a private mount.
func (s survey) privateBetween(above *mountinfo.Info, below []*mountinfo.Info, area Area) []string {
	var private []string
	if above != nil && s.isPrivate(above) {
		private = append(private, above.Mountpoint)
	}
	for _, m := range below {
		if area.Covers(m.Mountpoint) && s.isPrivate(m) && !slices.Contains(private, m.Mountpoint) {
			private = append(private, m.Mountpoint)
		}
	}
	return private
}

func (s survey) isPrivate(m *mountinfo.Info) bool { return m == s.ended || isPrivate(m) }

// coversByAlias finds a mount, the one that dir is on or one below, by which
// the area can be reached from dir on another path than its own. It counts if
// the area's mounts are below it now, or will come there because it shares a
// peer group with the area's mount or is a slave of it.
func (s survey) coversByAlias(dir string, above *mountinfo.Info, below []*mountinfo.Info, i int) (Cover, bool) {
	home := s.homes[i]
	if home.mount == nil {
		return Cover{}, false
	}
	reaches := func(alias *mountinfo.Info, seen, from string) (Cover, bool) {
		if !sameDevice(alias, home.mount) || !home.area.Covers(seen) ||
			!linked(alias, home.mount) && !s.holdsMountsOf(s.areas[i], from) {
			return Cover{}, false
		}
		c := Cover{Area: s.areas[i], Alias: alias.Mountpoint}
		if s.isPrivate(alias) {
			c.Private = []string{alias.Mountpoint}
		}
		return c, true
	}
	if above != nil {
		if c, ok := reaches(above, pathInFilesystem(above, dir), dir); ok {
			return c, true
		}
	}
	for _, alias := range below {
		if c, ok := reaches(alias, alias.Root, alias.Mountpoint); ok {
			return c, true
		}
	}
	return Cover{}, false
}

// holdsMountsOf reports whether a mount that lies in the area is mounted below
// dir as well.
func (s survey) holdsMountsOf(area Area, dir string) bool {
	below := s.tree.below(dir)
	for _, m := range s.tree.below(area.Root) {
		if !area.owns(m.Mountpoint) {
			continue
		}
		for _, copied := range below {
			if sameDevice(copied, m) && copied.Root == m.Root {
				return true
			}
		}
	}
	return false
}
