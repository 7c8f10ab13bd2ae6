package spec

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"

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
	// Private are the mountpoints, between the source and the area on its own
	// path or on another one, whose mounts get no events in the runtime's own
	// namespace, or will get none because the container's root is a directory
	// on them. A clone of them is private as well, whatever the bind asks for,
	// so rslave does not help below them.
	Private []string `json:"private,omitempty"`
}

// survey puts the mount areas of a host in relation to its mount table.
type survey struct {
	tree  mountTree
	areas []surveyed
	// ended is the mount that the runtime makes private, nil if there is none.
	ended *mountinfo.Info
}

// surveyed is a mount area on this host.
type surveyed struct {
	Area
	pattern pattern
	// home is the mount that the area lies on, nil if the mount table has none,
	// and inside is the area as it lies in that mount's file system, however
	// the file system is mounted.
	home   *mountinfo.Info
	inside pattern
	// mounts returns what is mounted for the area's owners.
	mounts func() map[identity]bool
}

func newSurvey(h Host) survey {
	s := survey{tree: newMountTree(h.Mounts)}
	for _, area := range h.Areas {
		fixed, variable := splitPattern(area.Owner)
		place := filepath.Join(area.Root, fixed)
		on := surveyed{Area: area, pattern: area.pattern(), home: s.tree.at(place)}
		if on.home != nil {
			on.inside = Area{Root: pathInFilesystem(on.home, place), Owner: variable}.pattern()
		}
		on.mounts = sync.OnceValue(func() map[identity]bool { return s.tree.mountsIn(on) })
		s.areas = append(s.areas, on)
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
	source := source{dir: dir, names: components(dir), above: s.tree.at(dir), below: s.tree.below(dir)}
	var found []Cover
	for _, area := range s.areas {
		cover := Cover{Area: area.Area}
		byPath := area.pattern.covers(source.names)
		if byPath {
			cover.Private = s.privateBetween(source, area)
		}
		for _, alias := range s.aliases(source, area) {
			if !byPath && cover.Alias == "" {
				cover.Alias = alias.Mountpoint
			}
			if s.isPrivate(alias) && !slices.Contains(cover.Private, alias.Mountpoint) {
				cover.Private = append(cover.Private, alias.Mountpoint)
			}
		}
		if byPath || cover.Alias != "" {
			found = append(found, cover)
		}
	}
	return found
}

// source is the directory that is bound.
type source struct {
	dir   string
	names []string
	above *mountinfo.Info   // the mount that it is on
	below []*mountinfo.Info // what is cloned with it
}

// privateBetween returns the mountpoints of the private mounts from the one
// that the source is on down to the area. They are what decides whether an
// unmount in the area travels: propagation goes by the parent of the mount that
// is taken away, and does not pass a private mount.
func (s survey) privateBetween(from source, area surveyed) []string {
	var private []string
	if from.above != nil && s.isPrivate(from.above) {
		private = append(private, from.above.Mountpoint)
	}
	for _, m := range from.below {
		if s.isPrivate(m) && area.pattern.covers(components(m.Mountpoint)) && !slices.Contains(private, m.Mountpoint) {
			private = append(private, m.Mountpoint)
		}
	}
	return private
}

func (s survey) isPrivate(m *mountinfo.Info) bool { return m == s.ended || isPrivate(m) }

// aliases returns the mounts, the one that the source is on and those below it,
// by which the area can be reached from it on another path than its own. They
// count if the area's mounts are below them now, or will come there because
// they share a peer group with the area's mount or are slaves of it.
func (s survey) aliases(from source, area surveyed) []*mountinfo.Info {
	if area.home == nil {
		return nil
	}
	var found []*mountinfo.Info
	reaches := func(alias *mountinfo.Info, seen, at string) bool {
		return sameDevice(alias, area.home) &&
			area.inside.covers(components(seen)) &&
			!area.pattern.covers(components(at)) &&
			(linked(alias, area.home) || s.holdsMountsOf(area, at))
	}
	if from.above != nil && reaches(from.above, pathInFilesystem(from.above, from.dir), from.dir) {
		found = append(found, from.above)
	}
	for _, alias := range from.below {
		if reaches(alias, alias.Root, alias.Mountpoint) {
			found = append(found, alias)
		}
	}
	return found
}

// holdsMountsOf reports whether a mount that lies in the area is mounted below
// dir as well.
func (s survey) holdsMountsOf(area surveyed, dir string) bool {
	for _, m := range s.tree.below(dir) {
		if area.mounts()[identity{m.Major, m.Minor, m.Root}] {
			return true
		}
	}
	return false
}

// identity is what a mount shows: the copies of a mount have the same.
type identity struct {
	major, minor int
	root         string
}

// mountsIn returns what is mounted for the owners of an area.
func (t mountTree) mountsIn(area surveyed) map[identity]bool {
	found := make(map[identity]bool)
	for _, m := range t.below(area.Root) {
		if area.pattern.owns(components(m.Mountpoint)) {
			found[identity{m.Major, m.Minor, m.Root}] = true
		}
	}
	return found
}
