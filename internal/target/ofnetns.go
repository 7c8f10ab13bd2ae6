package target

import (
	"path"
	"strings"

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
	s, ok := spotOf(h.Areas, name)
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
