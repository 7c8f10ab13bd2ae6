package target

import (
	"maps"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// stuck looks in all mount tables for what is left of a container, a layer or a
// network namespace that no engine knows by the name.
func (h *Host) stuck(word string) (Target, error) {
	t := Target{Type: OfContainer, State: Gone}
	names := make(map[string]bool)
	netns := true
	owned := h.inAreas(word, func(s spot, m *mount.Mount) bool {
		name, ok := called(s, word)
		if ok {
			names[name] = true
			netns = netns && isNetns(m)
		}
		return ok
	})
	switch len(names) {
	case 0:
		return t, errUnknown
	case 1:
	default:
		return t, ambiguous(word, slices.Collect(maps.Keys(names)))
	}
	if netns {
		t.Type, t.State = OfNetns, ""
	}
	t.settle(h, owned)
	return t, nil
}

// inAreas describes what is mounted at places in mount areas that are asked for:
// where engines are, and what only other namespaces have. Of paths in which a part
// is missing nothing is asked: most of a host's are of no interest.
func (h *Host) inAreas(part string, is func(spot, *mount.Mount) bool) []cleanup.Owned {
	var (
		copies []found
		owned  []cleanup.Owned
	)
	engines := h.engines()
	h.each(func(ns *Namespace, m *mount.Mount) {
		if !strings.Contains(m.Path, part) {
			return
		}
		for _, s := range h.areas().spotsOf(m.Path) {
			if !is(s, m) {
				continue
			}
			if _, here := h.areas().spotOf(m.Path); here && ns == engines {
				owned = append(owned, h.original(ns, m))
			} else {
				copies = append(copies, found{ns, m, s.path(), s.tail})
			}
			return
		}
	})
	known := make(map[superblock]bool)
	for i := range owned {
		known[superblock{owned[i].Device, owned[i].Root, owned[i].FSType}] = true
	}
	copies = slices.DeleteFunc(copies, func(c found) bool { return known[superblockOf(c.m)] })
	return addOwned(owned, h.fromCopies(copies))
}

// called reports whether an owner in a mount area has an identifier that a word
// means, and which one.
func called(s spot, word string) (string, bool) {
	for _, name := range s.key {
		// What is being removed is renamed first: containerd's bundles get a dot,
		// and the upper one of Docker's two layers has a suffix.
		name = strings.TrimSuffix(strings.TrimPrefix(name, "."), "-init")
		if name == word || isPrefix(word, name, shortestPrefix) {
			return name, true
		}
	}
	return "", false
}
