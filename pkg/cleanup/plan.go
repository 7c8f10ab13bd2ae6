package cleanup

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/unbusy/unbusy/pkg/mount"
)

// Options say what else than copies of a stopped container's mounts, in their
// place, may be detached. The zero value is what a sweep that nobody watches may
// do.
type Options struct {
	// Leaf allows copies that somebody bound to another place.
	Leaf bool
	// Host allows other mounts of the same superblock in the engine's own
	// namespace.
	Host bool
	// ByPlace allows to tell a copy by its number and place if the engine's own
	// mount is gone and nothing else can be compared: who asks for that knows that
	// the container is gone as well.
	ByPlace bool
	// InUse, if not empty, says why everything stays: the container lives.
	InUse Refusal
	// PrivateOnly keeps everything but private copies: those alone stay when the
	// engine unmounts.
	PrivateOnly bool
	// MayHang reports whether file systems of a type may leave whoever walks
	// through them waiting for ever. Nil stands for never.
	MayHang func(fstype string) bool
}

// Plan finds all mounts of the owned superblocks, and says of each what it is
// and whether it may be detached. They come in the order in which they have to
// be: what is mounted below another one first.
func Plan(owned []Owned, scene Scene, options Options) []Copy {
	p := planner{scene: scene, options: options, reach: newReach(scene)}
	for i := range scene.Namespaces {
		p.tables = append(p.tables, newTable(scene.Namespaces[i].Mounts))
	}
	victims := make([]victim, 0, len(owned))
	for i := range owned {
		victims = append(victims, newVictim(owned[i], scene, p.tables))
	}
	var copies []Copy
	for n := range scene.Namespaces {
		copies = append(copies, p.find(victims, n)...)
	}
	p.refuseSpread(copies)
	slices.SortStableFunc(copies, func(a, b Copy) int {
		return cmp.Compare(len(b.Mount.Path), len(a.Mount.Path))
	})
	return copies
}

type planner struct {
	scene   Scene
	options Options
	reach   reach
	tables  []*table // of scene.Namespaces
}

// find plans for one namespace. Of two mounts at the same path, the upper one
// comes first.
func (p *planner) find(victims []victim, n int) []Copy {
	ns, t := &p.scene.Namespaces[n], p.tables[n]
	var copies []Copy
	for i := range ns.Mounts {
		m := &ns.Mounts[i]
		v, known := whose(victims, ns, t, m)
		if v == nil {
			continue
		}
		c := Copy{Owned: v.Owned, Namespace: ns.ID, Mount: *m}
		if parent := t.Parent(m); parent != nil {
			c.Parent = *parent
		}
		c.Kind, c.Refusal = p.judge(v, ns, t, m)
		switch {
		case c.Refusal != Allowed:
		case c.Kind != Private && p.options.PrivateOnly:
			c.Refusal = RefuseNotAsked
		case !known && !p.options.ByPlace:
			c.Refusal = RefuseUnknown
		default:
			c.Refusal = p.options.InUse
		}
		copies = append(copies, c)
	}
	slices.SortStableFunc(copies, func(a, b Copy) int {
		return cmp.Compare(t.Depth(b.Mount.OldID), t.Depth(a.Mount.OldID))
	})
	return copies
}

// judge tells what a mount of the victim's superblock is, and whether something
// forbids to detach it.
func (p *planner) judge(v *victim, ns *Namespace, t *table, m *mount.Mount) (CopyKind, Refusal) {
	inEngines := ns.ID.Same(p.scene.Engine)
	parent := t.Parent(m)
	samePlace := v.samePlace(t, m)
	reaches := parent != nil && p.reach.protectedFrom(parent.PeerGroup)
	switch {
	case v.IsOriginal(*m) && ns.Protected != "":
		return Original, RefuseOriginal
	case m.Path == "/" || t.holdsRoot(m, ns.Roots):
		return InUse, RefuseRoot
	case inEngines && ns.Protected != "":
		switch {
		case !p.options.Host:
			return Alias, RefuseAlias
		case reaches && (samePlace || v.mayBeOnSame(t, m)):
			// The engine's mount came here by propagation, and would go with it.
			return Alias, RefusePeer
		}
		return Alias, p.passable(t, m)
	}

	kind := Private
	switch {
	case reaches:
		kind = Peer
	case !samePlace:
		kind = Leaf
	case ns.UserNamespace:
		kind = Locked
	case parent != nil && parent.Master != 0:
		kind = Slave
	}
	switch {
	case ns.Protected != "":
		return kind, RefuseProtected
	case kind == Peer:
		return kind, RefusePeer
	case kind == Leaf && (!p.options.Leaf || !v.boundForItsOwner()):
		return kind, RefuseLeaf
	case parent == nil:
		// What its unmounting would do elsewhere cannot be told.
		return kind, RefuseNoPath
	case p.scene.RelaysUnknown && parent.PeerGroup != 0:
		return kind, RefuseReach
	}
	return kind, p.passable(t, m)
}

// passable refuses mounts that no path leads to, or one that cannot be trusted
// to answer.
func (p *planner) passable(t *table, m *mount.Mount) Refusal {
	if m.Path == "" {
		return RefuseNoPath
	}
	if p.options.MayHang == nil {
		return Allowed
	}
	for i := range t.Mounts {
		other := &t.Mounts[i]
		if other == m || other.Path == "" || !p.options.MayHang(other.FSType) {
			continue
		}
		// What is hidden below another mount counts as well: the walk may come
		// through either.
		if rest, ok := mount.Below(m.Path, other.Path); ok && (rest != "" || other.OldParent == m.OldID) {
			return RefuseMayHang
		}
	}
	return Allowed
}

// holdsRoot reports whether one of the mounts roots is m or lies below it.
func (t *table) holdsRoot(m *mount.Mount, roots []uint64) bool {
	for _, root := range roots {
		at := t.ByID(root)
		for steps := 0; at != nil && steps <= len(t.Mounts); steps++ {
			if at == m {
				return true
			}
			at = t.Parent(at)
		}
	}
	return false
}

// refuseCovered refuses copies on which something is mounted that stays:
// detaching them would take that along.
func (p *planner) refuseCovered(copies []Copy) {
	type key struct {
		ns mount.NamespaceID
		id uint64
	}
	allowed := make(map[key]bool)
	for i := range copies {
		if c := &copies[i]; c.Refusal == Allowed {
			allowed[key{c.Namespace, c.Mount.OldID}] = true
		}
	}
	tables := make(map[mount.NamespaceID]*table, len(p.tables))
	for i, t := range p.tables {
		tables[p.scene.Namespaces[i].ID] = t
	}
	for changed := true; changed; {
		changed = false
		for i := range copies {
			c := &copies[i]
			if c.Refusal != Allowed {
				continue
			}
			for _, child := range tables[c.Namespace].Children(c.Mount.OldID) {
				if !allowed[key{c.Namespace, child.OldID}] {
					c.Refusal, changed = RefuseCovered, true
					delete(allowed, key{c.Namespace, c.Mount.OldID})
					break
				}
			}
		}
	}
}

func utoa(n uint64) string { return strconv.FormatUint(n, 10) }
