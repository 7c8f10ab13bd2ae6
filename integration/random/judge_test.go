package random

import (
	"strings"

	"github.com/unbusy/unbusy/pkg/cleanup"
)

// judge says of the mounts before a sweep what it may take and what it has to.
type judge struct {
	w   *world
	run *run
	all sights
	arrivals
	// roots are mounts that are some thread's root, or below which one is.
	roots map[uint64]bool
	// here are the originals that are still mounted, and known to be.
	here map[*original]bool
}

func newJudge(w *world, all sights) (*judge, error) {
	j := &judge{w: w, run: w.swept, all: all, arrivals: newArrivals(all), roots: make(map[uint64]bool), here: make(map[*original]bool)}
	ids, err := w.roots()
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		for s := all[id]; s != nil && !j.roots[s.id]; s = all[s.parent] {
			j.roots[s.id] = true
		}
	}
	for _, o := range j.run.originals {
		s := all[o.id]
		j.here[o] = s != nil && j.identified(s)
	}
	return j, nil
}

// samePlace reports whether a copy is where the original is. certain is false if
// the kernel does not show it.
func (j *judge) samePlace(o *original, s *sight) (same, certain bool) {
	if s.root != o.root {
		return false, true
	}
	on, ok := j.all.on(s)
	if !ok || !o.onOK {
		return false, false
	}
	return on == o.on || o.kind != cleanup.Netns && strings.HasSuffix(s.path, "/"+o.tail()), true
}

// kind is what a mount of the victim's is to the original.
func (j *judge) kind(o *original, s *sight) (kind cleanup.CopyKind, certain bool) {
	parent := j.all[s.parent]
	same, certain := j.samePlace(o, s)
	switch {
	case s.id == o.id && s.in.engine:
		return cleanup.Original, j.identified(s)
	case s.path == "/" || j.roots[s.id] && !s.in.engine:
		return cleanup.InUse, true
	case s.in == j.w.host:
		return cleanup.Alias, true
	case parent == nil:
		return "", false
	case j.reachesEngine(parent):
		return cleanup.Peer, true
	case !certain:
		return "", false
	case !same:
		return cleanup.Leaf, true
	case s.in.user:
		return cleanup.Locked, true
	case parent.master != 0:
		return cleanup.Slave, true
	default:
		return cleanup.Private, true
	}
}

// forbids says why a sweep must not take a mount of the victim's, empty if it may.
func (j *judge) forbids(o *original, s *sight) string {
	kind, certain := j.kind(o, s)
	t := j.w.topology
	switch {
	case kind == cleanup.Original:
		return "it is the engine's own"
	case kind == cleanup.InUse:
		return "somebody's root is on it"
	case kind == cleanup.Alias && !t.Host:
		return "it is an alias, for which nobody asked"
	case s.in.engine && kind != cleanup.Alias && !t.Host: // what an alias has passed on goes with it
		return "an engine lives there"
	case certain && kind == cleanup.Leaf && !t.Host && (!t.Leaf || o.kind == cleanup.Shm):
		return "it is a leaf, for which nobody asked"
	default:
		return ""
	}
}

// due are the mounts that a sweep has to take: nobody is in doubt about them, and
// nothing goes with them that has to stay.
func (j *judge) due() map[uint64]bool {
	due := make(map[uint64]bool)
	for _, s := range j.all {
		if o := s.of; o != nil && j.clear(o, s) {
			due[s.id] = true
		}
	}
	for changed := true; changed; {
		changed = false
		for id := range due {
			if j.takesOthers(j.all[id], due) {
				delete(due, id)
				changed = true
			}
		}
	}
	return due
}

// clear reports whether a copy, looked at alone, is one that has to go.
func (j *judge) clear(o *original, s *sight) bool {
	kind, certain := j.kind(o, s)
	switch {
	case !certain || s.in.locked || s.in.engine || !j.seen(s.in) || !j.reachable(s) || !j.identified(s):
		return false
	case !j.here[o] && (o.watch == nil || j.succeeded(o)):
		return false // by its number alone it is nobody's
	case j.w.topology.Host && (len(j.all.mounted(s)) > 0 || j.all[s.parent].of != nil):
		return false // the detaching of aliases arrives there, and changes what is on what
	case kind == cleanup.Leaf:
		return j.w.topology.Leaf && o.kind != cleanup.Shm
	default:
		return kind == cleanup.Private || kind == cleanup.Slave
	}
}

// settled is a mount as it has to be after the sweep. What the detaching of an alias
// takes elsewhere may be below something else at the same path: propagation puts its
// copies beneath what is there, which is let down when they go (attach_recursive_mnt
// in fs/namespace.c and propagate_umount in fs/pnode.c).
func (j *judge) settled(s *sight, after sights) *sight {
	was := *s
	for {
		below := j.all[was.parent]
		if !j.w.topology.Host || below == nil || below.of == nil || below.path != s.path || after[below.id] != nil {
			return &was
		}
		was.parent = below.parent
	}
}

// succeeded reports whether something else is mounted where the original was.
func (j *judge) succeeded(o *original) bool {
	for _, s := range j.all {
		if s.in == j.w.host && s.path == o.path {
			return true
		}
	}
	return false
}

// reachable reports whether the path of a mount leads to it, or to what is
// mounted on it.
func (j *judge) reachable(s *sight) bool {
	for next, at := s, j.all[s.parent]; at != nil; next, at = at, j.all[at.parent] {
		for _, c := range j.all.mounted(at) {
			if c != next && (c.path == "" || s.path == c.path || strings.HasPrefix(s.path, strings.TrimSuffix(c.path, "/")+"/")) {
				return false
			}
		}
		if j.all[at.parent] == nil {
			return at.path == "/" && at.isRoot && j.onlyRoot(at)
		}
	}
	return false
}

// identified reports whether the unique id of a mount can be had: where /proc is
// read that is asked for by the path.
func (j *judge) identified(s *sight) bool {
	return !j.w.topology.Proc || j.reachable(s) && !j.covered(s)
}

// seen reports whether a sweep can see all of a namespace. /proc shows what
// living threads see from their roots.
func (j *judge) seen(ns *namespace) bool {
	if !j.w.topology.Proc {
		return true
	}
	for _, s := range j.all {
		if s.in == ns && s.isRoot {
			return j.w.resident(ns) && j.onlyRoot(s)
		}
	}
	return false
}

// covered reports whether something is mounted on the root of a mount.
func (j *judge) covered(s *sight) bool {
	for _, c := range j.all.mounted(s) {
		if c.path == s.path {
			return true
		}
	}
	return false
}

// onlyRoot reports whether a root is the only one of its namespace.
func (j *judge) onlyRoot(root *sight) bool {
	for _, s := range j.all {
		if s != root && s.in == root.in && (s.path == "/" || s.isRoot) {
			return false
		}
	}
	return true
}

// takesOthers reports whether something that is not due goes with a mount: from
// it, or where its unmounting arrives.
func (j *judge) takesOthers(s *sight, due map[uint64]bool) bool {
	for _, c := range j.all.mounted(s) {
		if !due[c.id] {
			return true
		}
	}
	parent := j.all[s.parent]
	if parent.peers == 0 {
		return false
	}
	for _, ns := range j.w.namespaces {
		if !j.seen(ns) {
			return true // it cannot be told what is there
		}
	}
	groups := j.groups(parent.peers)
	on, _ := j.all.on(s)
	for _, other := range j.all {
		if due[other.id] || other.of == nil {
			continue
		}
		at := j.all[other.parent]
		if at == nil {
			return true
		}
		if otherOn, ok := j.all.on(other); reaches(groups, at) && (!ok || otherOn == on) {
			return true
		}
	}
	return false
}
