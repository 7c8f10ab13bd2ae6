package target

import (
	"path"
	"strings"

	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// namedNetns finds a network namespace by its name in one of the directories in
// which they are bound.
func (h *Host) namedNetns(name string) (Target, bool) {
	ns := h.engines()
	for _, area := range h.Areas {
		dir, wildcard := path.Split(path.Join(area.Root, area.Owner))
		if wildcard != "*" || strings.Contains(dir, "*") {
			continue
		}
		m := ns.mountTree().At(path.Join(dir, name))
		if m != nil && m.Path == path.Join(dir, name) && isNetns(m) {
			return h.mounted(ns, m), true
		}
	}
	return Target{}, false
}

// processNetns is the target for the network namespace that a process is in: all
// that it is mounted as, by an engine or in other namespaces.
func (h *Host) processNetns(at walked) Target {
	t := Target{Type: OfNetns, refuse: cleanup.Refusal("a process is in it: " + at.path)}
	var (
		owned  []cleanup.Owned
		copies []found
	)
	engines := h.engines()
	h.each(func(ns *Namespace, m *mount.Mount) {
		switch {
		case !isNetns(m) || m.Root != at.netns:
		case ns == engines:
			owned = append(owned, h.original(ns, m))
		default:
			copies = append(copies, found{ns: ns, m: m, path: m.Path})
		}
	})
	if len(owned) == 0 {
		owned = h.fromCopies(copies)
	} else {
		t.Container = h.ownerOf(owned[0].Path)
	}
	t.settle(h, owned)
	return t
}

// mounted is the target for a mount that is where it was meant to be.
func (h *Host) mounted(ns *Namespace, m *mount.Mount) Target {
	t := Target{Type: OfPath}
	if isNetns(m) {
		t.Type = OfNetns
	}
	t.Container = h.ownerOf(m.Path)
	o := h.original(ns, m)
	t.settle(h, append(t.Owned, o))
	return t
}

// ownerOf is the container that a path of the engine's namespace belongs to,
// without an ID if it is no known one's.
func (h *Host) ownerOf(name string) Container {
	s, ok := h.areas().spotOf(name)
	if !ok {
		return Container{}
	}
	for _, c := range h.known() {
		if c.owns(s) {
			return c
		}
	}
	return Container{}
}
