package target

import (
	"cmp"
	"path"
	"slices"
	"strings"

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

// areas finds the areas that a path may belong to. A host has a hundred thousand
// mounts, most of which are in none: areas are looked up by a name that has to be
// in the path.
type areas struct {
	// byName has the areas by the first name of their pattern, or, of one that
	// begins with a wildcard, by the name of the directory that it is in.
	byName map[string][]parsedArea
}

// parsedArea is an area taken apart.
type parsedArea struct {
	spec.Area
	root, pattern []string
	// after is 1 if the name that the area is found by comes before its pattern.
	after int
}

func newAreas(all []spec.Area) *areas {
	a := &areas{byName: make(map[string][]parsedArea)}
	for _, area := range all {
		p := parsedArea{Area: area, root: split(path.Clean(area.Root)), pattern: split(area.Owner)}
		name := ""
		switch {
		case len(p.pattern) == 0:
			continue // the root itself is nobody's
		case p.pattern[0] != "*":
			name = p.pattern[0]
		case len(p.root) > 0:
			name, p.after = p.root[len(p.root)-1], 1
		default:
			p.after = 1
		}
		a.byName[name] = append(a.byName[name], p)
	}
	return a
}

// split is a path in names.
func split(name string) []string {
	if name = strings.TrimPrefix(name, "/"); name == "" {
		return nil
	}
	return strings.Split(name, "/")
}

// spotOf finds the area of a path of an engine's namespace. Of several areas the
// one with the longest tail counts, as in pkg/cleanup.
func (a *areas) spotOf(name string) (spot, bool) {
	found, here := a.all(name, true)
	if !here {
		return spot{}, false
	}
	return found[0], true
}

// spotsOf finds the areas that a path of any namespace may belong to: there,
// an engine's directory can be anywhere. The first is the one of which most names
// agree, those of the engine's directory among them.
func (a *areas) spotsOf(name string) []spot {
	found, _ := a.all(name, false)
	return found
}

// all finds the one area that a path is in, and says that it is, or those that it
// would be in if their roots were somewhere else, unless only the one counts.
func (a *areas) all(name string, only bool) (found []spot, here bool) {
	names := split(name)
	var agreed map[string]int // by path
	for i := -1; i < len(names); i++ {
		key := "" // before the first name there is the root directory
		if i >= 0 {
			key = names[i]
		}
		for _, p := range a.byName[key] {
			from := i + p.after
			if from < 0 {
				continue
			}
			wild, ok := match(p.pattern, names[from:])
			if !ok {
				continue
			}
			s := spot{p.Area, strings.Join(names[from:], "/"), wild}
			common := commonEnd(p.root, names[:from])
			switch {
			case common == len(p.root) && common == from:
				if !here || len(s.tail) > len(found[0].tail) {
					found, here = []spot{s}, true
				}
			case !here && !only:
				found = append(found, s)
				if agreed == nil {
					agreed = make(map[string]int)
				}
				agreed[s.path()] = len(names) - from + common
			}
		}
	}
	if !here {
		slices.SortStableFunc(found, func(a, b spot) int { return cmp.Compare(agreed[b.path()], agreed[a.path()]) })
	}
	return found, here
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
func match(pattern, names []string) (key []string, ok bool) {
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
