package random

// arrivals tells where unmounts arrive: from a mount of a peer group in all of
// them, in their slaves, and from a slave that is shared as well in its own group
// (Documentation/filesystems/sharedsubtree.rst).
type arrivals struct {
	all sights
	// slaves are the peer groups of mounts that get from a group.
	slaves map[uint64][]uint64
}

func newArrivals(all sights) arrivals {
	a := arrivals{all: all, slaves: make(map[uint64][]uint64)}
	for _, s := range all {
		if s.peers != 0 && s.master != 0 {
			a.slaves[s.master] = append(a.slaves[s.master], s.peers)
		}
	}
	return a
}

// groups are those whose members and slaves get what happens on a mount of one.
func (a arrivals) groups(from uint64) map[uint64]bool {
	reached := make(map[uint64]bool)
	var visit func(uint64)
	visit = func(group uint64) {
		if group == 0 || reached[group] {
			return
		}
		reached[group] = true
		for _, next := range a.slaves[group] {
			visit(next)
		}
	}
	visit(from)
	return reached
}

// reaches reports whether a mount gets what happens in one of the groups.
func reaches(groups map[uint64]bool, s *sight) bool {
	return s.peers != 0 && groups[s.peers] || s.master != 0 && groups[s.master]
}

// reachesEngine reports whether what is unmounted from a mount can arrive where
// an engine lives.
func (a arrivals) reachesEngine(from *sight) bool {
	groups := a.groups(from.peers)
	for _, s := range a.all {
		if s.in.engine && reaches(groups, s) {
			return true
		}
	}
	return false
}
