package target

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

// spot is where in a mount area a mount is.
type spot struct {
	area spec.Area
	// tail is its path from the area down.
	tail string
	// key is what "*" stands for in the area's pattern: the identifiers of the
	// owner.
	key []string
}

// path is where the engine has it mounted.
func (s spot) path() string { return path.Join(s.area.Root, s.tail) }

// owner is the last of the identifiers, which is the owner's own.
func (s spot) owner() string {
	if len(s.key) == 0 {
		return ""
	}
	return s.key[len(s.key)-1]
}

// spotOf finds the area of a path of an engine's namespace. Of several areas the
// one with the longest tail counts, as in pkg/cleanup.
func spotOf(areas []spec.Area, name string) (found spot, ok bool) {
	for _, area := range areas {
		rest, is := mount.Below(name, path.Clean(area.Root))
		if !is {
			continue
		}
		if key, is := match(area.Owner, strings.Split(rest, "/")); is && (!ok || len(rest) > len(found.tail)) {
			found, ok = spot{area, rest, key}, true
		}
	}
	return found, ok
}

// spotsOf finds the areas that a path of any namespace may belong to: there,
// an engine's directory can be anywhere. The first is the one of which most names
// agree, those of the engine's directory among them.
func spotsOf(areas []spec.Area, name string) []spot {
	if s, ok := spotOf(areas, name); ok {
		return []spot{s}
	}
	names := strings.Split(strings.TrimPrefix(name, "/"), "/")
	var found []spot
	agreed := make(map[string]int) // by path
	for _, area := range areas {
		root := strings.Split(path.Clean(area.Root), "/")
		for i := range names {
			// A pattern that begins with a wildcard says too little without the
			// directory it is in.
			if strings.HasPrefix(area.Owner, "*") && (i == 0 || names[i-1] != path.Base(area.Root)) {
				continue
			}
			if key, ok := match(area.Owner, names[i:]); ok {
				s := spot{area, strings.Join(names[i:], "/"), key}
				found = append(found, s)
				agreed[s.path()] = len(names) - i + commonEnd(root, names[:i])
			}
		}
	}
	slices.SortStableFunc(found, func(a, b spot) int { return cmp.Compare(agreed[b.path()], agreed[a.path()]) })
	return found
}

// commonEnd is how many names at the end of two paths agree.
func commonEnd(a, b []string) int {
	n := 0
	for n < min(len(a), len(b)) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// match compares a path below an area with the pattern of its owners, and
// returns what stands for the wildcards.
func match(owner string, names []string) (key []string, ok bool) {
	pattern := strings.Split(owner, "/")
	if len(names) < len(pattern) {
		return nil, false
	}
	for i, want := range pattern {
		switch {
		case names[i] == "":
			return nil, false
		case want == "*":
			key = append(key, names[i])
		case want != names[i]:
			return nil, false
		}
	}
	return key, true
}

// isTask reports whether an area is for the tasks of containerd, which have the
// namespace of containerd's in their path.
func isTask(area spec.Area) bool {
	return slices.Contains([]string{"io.containerd.runtime.v2.task/*/*", "io.containerd.runtime.v1.linux/*/*"}, area.Owner)
}
