package cleanup

import "slices"

// reach tells which peer groups an unmount can arrive in.
type reach struct {
	relays []Relay
	// protected are the groups that mounts of protected namespaces are in or get
	// unmounts from.
	protected map[uint64]bool
}

func newReach(scene Scene) reach {
	r := reach{relays: scene.Relays, protected: make(map[uint64]bool)}
	for i := range scene.Namespaces {
		ns := &scene.Namespaces[i]
		if ns.Protected == "" {
			continue
		}
		for j := range ns.Mounts {
			m := &ns.Mounts[j]
			// A slave gets the unmounts of its master's group, too.
			for _, group := range []uint64{m.PeerGroup, m.Master} {
				if group != 0 {
					r.protected[group] = true
				}
			}
		}
	}
	return r
}

// protectedFrom reports whether what is unmounted from a mount of the group is
// unmounted in a protected namespace as well: it goes to all peers, to their
// slaves and, from a slave that is in a group itself, on to that
// (propagate_umount in fs/pnode.c).
func (r reach) protectedFrom(group uint64) bool {
	return group != 0 && r.arrives(group, func(at uint64) bool { return r.protected[at] })
}

// arrives reports whether what is unmounted from a mount of the group is
// unmounted from a mount that has a wanted group for its own or its master's.
func (r reach) arrives(group uint64, wanted func(group uint64) bool) bool {
	seen := []uint64{group}
	for i := 0; i < len(seen); i++ {
		if wanted(seen[i]) {
			return true
		}
		for _, relay := range r.relays {
			if relay.Master == seen[i] && !slices.Contains(seen, relay.PeerGroup) {
				seen = append(seen, relay.PeerGroup)
			}
		}
	}
	return false
}
