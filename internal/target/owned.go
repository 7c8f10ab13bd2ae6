package target

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// Device is the number of a superblock.
type Device = mount.Device

// nsfs is the file system of namespaces that are bound to a file.
const nsfs = "nsfs"

// netnsName is how the kernel's name of a network namespace begins.
const netnsName = "net:["

// isNetns reports whether a mount is a network namespace.
func isNetns(m *mount.Mount) bool { return m.FSType == nsfs && strings.HasPrefix(m.Root, netnsName) }

// kindOf says what a mount is that an engine has at a path: engines call root
// file systems and shared memory alike.
func kindOf(m *mount.Mount, name, tail string) cleanup.Kind {
	switch base := path.Base(name); {
	case isNetns(m):
		return cleanup.Netns
	case tail == "":
		return cleanup.Other
	case base == "merged" || base == "rootfs":
		return cleanup.Rootfs
	case base == "shm":
		return cleanup.Shm
	default:
		return cleanup.Other
	}
}

// original describes a mount that is mounted where it was meant to be.
func (h *Host) original(ns *Namespace, m *mount.Mount) cleanup.Owned {
	o := cleanup.Owned{
		Path: m.Path, Device: m.Device, Root: m.Root, FSType: m.FSType,
		UniqueID: m.UniqueID, OldID: m.OldID,
	}
	if s, ok := h.areas().spotOf(m.Path); ok {
		o.Tail = s.tail
	}
	o.Kind = kindOf(m, o.Path, o.Tail)
	o.On, _ = ns.mountTree().place(m)
	o.UpperDir = h.layer(ns, m)
	return o
}

// found is a mount of a foreign namespace that is a copy of something.
type found struct {
	ns *Namespace
	m  *mount.Mount
	// path and tail are where its engine has, or had, the original.
	path, tail string
}

// superblock is what copies of one mount have in common.
type superblock struct {
	device Device
	root   string
	fstype string
}

func superblockOf(m *mount.Mount) superblock { return superblock{m.Device, m.Root, m.FSType} }

// fromCopies describes mounts of which only copies are left. The number of a
// superblock is nobody else's as long as one of them is there.
func (h *Host) fromCopies(copies []found) []cleanup.Owned {
	groups := make(map[superblock]cleanup.Owned)
	for _, c := range copies {
		key := superblockOf(c.m)
		if _, known := groups[key]; known {
			continue
		}
		o := cleanup.Owned{
			Kind: kindOf(c.m, c.path, c.tail), Path: c.path, Tail: c.tail,
			Device: c.m.Device, Root: c.m.Root, FSType: c.m.FSType,
		}
		o.On, _ = c.ns.mountTree().place(c.m)
		o.UpperDir = h.layer(c.ns, c.m)
		groups[key] = o
	}
	owned := make([]cleanup.Owned, 0, len(groups))
	for _, o := range groups {
		owned = append(owned, o)
	}
	slices.SortFunc(owned, func(a, b cleanup.Owned) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Device.Major, b.Device.Major),
			cmp.Compare(a.Device.Minor, b.Device.Minor), cmp.Compare(a.Root, b.Root))
	})
	return owned
}

// each calls f for every mount of the host that a path leads to.
func (h *Host) each(f func(*Namespace, *mount.Mount)) {
	for i := range h.Namespaces {
		ns := &h.Namespaces[i]
		for j := range ns.Mounts {
			if m := &ns.Mounts[j]; m.Path != "" {
				f(ns, m)
			}
		}
	}
}

// certainty is how sure it is that what is mounted with the device number of an
// owned mount is that mount.
type certainty int

const (
	other   certainty = iota // the number is another superblock's by now
	nothing                  // nothing is mounted with that number
	byPlace                  // a mount in the right place has it
	certain                  // the original is mounted
)

// certaintyOf looks for what an owned mount can be recognised by.
func (h *Host) certaintyOf(o *cleanup.Owned) certainty {
	sure := nothing
	h.each(func(ns *Namespace, m *mount.Mount) {
		if m.Device != o.Device || o.FSType == nsfs && m.Root != o.Root {
			return
		}
		found := other
		switch {
		case o.IsOriginal(*m):
			found = certain
		case m.FSType != o.FSType, o.UniqueID != 0 && m.UniqueID != 0 && m.UniqueID < o.UniqueID:
		case m.Root != o.Root:
			found = nothing // it says neither the one nor the other
		case o.Tail != "" && mount.EndsWith(m.Path, o.Tail), onSamePlace(ns, m, o):
			if h.sameLayer(ns, m, o) {
				found = byPlace
			}
		default:
			if o.UpperDir != "" && h.sameLayer(ns, m, o) {
				found = byPlace
			}
		}
		switch {
		case found > nothing:
			sure = max(sure, found)
		case found == other && sure == nothing:
			sure = other
		}
	})
	return sure
}

func onSamePlace(ns *Namespace, m *mount.Mount, o *cleanup.Owned) bool {
	on, ok := ns.mountTree().place(m)
	return ok && o.On != (cleanup.Place{}) && on == o.On
}

// sameLayer reports whether a mount has the writable layer that is known.
func (h *Host) sameLayer(ns *Namespace, m *mount.Mount, o *cleanup.Owned) bool {
	if o.FSType != "overlay" || o.UpperDir == "" {
		return true
	}
	return h.layer(ns, m) == o.UpperDir
}

// settle leaves out what cannot be recognised, and notes by what the rest is.
func (t *Target) settle(h *Host, owned []cleanup.Owned) {
	for i := range owned {
		switch h.certaintyOf(&owned[i]) {
		case other:
			continue
		case nothing:
			t.Unsure = true
		case byPlace:
			t.ByPlace = true
		case certain:
		}
		t.Owned = append(t.Owned, owned[i])
	}
	t.Shared = h.shared(t.Owned)
}

// shared finds the devices that back more than what is owned: those of which a
// namespace of the host's has another directory mounted. Of whoever uses such a
// file system nothing can be said.
func (h *Host) shared(owned []cleanup.Owned) map[Device]bool {
	shared := make(map[Device]bool)
	h.each(func(ns *Namespace, m *mount.Mount) {
		if !h.isHosts(ns) || m.FSType == nsfs {
			return
		}
		is, part := false, false
		for i := range owned {
			if owned[i].Device != m.Device {
				continue
			}
			is = true
			if _, ok := mount.Below(m.Root, owned[i].Root); ok {
				part = true
			}
		}
		if is && !part {
			shared[m.Device] = true
		}
	})
	return shared
}
