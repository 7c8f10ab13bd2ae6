package cleanup

import "slices"

// refuseSpread refuses copies whose unmounting would arrive at one that has to
// stay, in another namespace that has peers or slaves of what they are mounted
// on: a process may live in that one.
func (p *planner) refuseSpread(copies []Copy) {
	for changed := true; changed; {
		changed = false
		p.refuseCovered(copies)
		for i := range copies {
			c := &copies[i]
			if c.Refusal == Allowed && c.Parent.PeerGroup != 0 && slices.ContainsFunc(copies, func(other Copy) bool {
				return p.takesAlong(c, &other)
			}) {
				c.Refusal, changed = RefuseSpread, true
			}
		}
	}
}

// takesAlong reports whether unmounting c unmounts a copy as well that has to
// stay. One that stays only because the way to it may hang can go.
func (p *planner) takesAlong(c, other *Copy) bool {
	switch other.Refusal {
	case RefuseRoot, RefuseUnknown, RefuseLeaf, RefuseCovered, RefuseNoPath, RefuseSpread:
	default:
		return false
	}
	if other.Parent.OldID == 0 {
		return true // what cannot be seen may be anything
	}
	// The kernel looks for what to unmount by the directory.
	on, known := p.placeOf(c)
	if otherOn, ok := p.placeOf(other); ok && known && on != otherOn {
		return false
	}
	for _, group := range []uint64{other.Parent.PeerGroup, other.Parent.Master} {
		if group != 0 && p.reach.arrives(c.Parent.PeerGroup, func(at uint64) bool { return at == group }) {
			return true
		}
	}
	return false
}

// placeOf is what a copy is mounted on.
func (p *planner) placeOf(c *Copy) (Place, bool) {
	for i := range p.scene.Namespaces {
		if p.scene.Namespaces[i].ID == c.Namespace {
			return p.tables[i].place(&c.Mount)
		}
	}
	return Place{}, false
}
