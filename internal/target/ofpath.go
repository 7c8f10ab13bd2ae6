package target

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// path is the target for a path: what is mounted there, here or where engines
// are; else what foreign namespaces have mounted on the same directory or file;
// else, if nothing is there any more, what they have mounted at a path that ends
// alike; else what engines mount below it.
func (h *Host) path(word string) (Target, error) {
	name, err := filepath.Abs(word)
	if err != nil {
		return Target{}, err
	}
	here := h.walk(name)
	if here.info != nil && here.info.Mode()&fs.ModeDevice != 0 && here.info.Mode()&fs.ModeCharDevice == 0 {
		return h.device(here)
	}
	if here.netns != "" {
		return h.processNetns(here), nil
	}
	for _, ns := range []*Namespace{h.at(h.Own), h.engines()} {
		if m := ns.mountTree().At(here.path); m != nil && m.Path == here.path {
			return h.mounted(ns, m), nil
		}
	}
	copies := h.onPlace(here)
	if len(copies) == 0 {
		copies = h.atTail(here.path)
	}
	t := Target{Type: OfPath, Container: h.ownerOf(here.path)}
	owned := h.fromCopies(copies)
	switch {
	case len(copies) == 0:
		owned, t.refuse = h.belowPath(here.path)
	case isNetns(copies[0].m):
		t.Type = OfNetns
	}
	if len(owned) == 0 && !here.exists {
		return t, fmt.Errorf("%s does not exist, and nothing is mounted there in any mount namespace", word)
	}
	t.settle(h, owned)
	return t, nil
}

// belowPath finds what is mounted in mount areas below a path: the directory that
// somebody cannot remove is often not the mountpoint itself. What may be of more
// than one owner is refused.
func (h *Host) belowPath(name string) (owned []cleanup.Owned, refuse cleanup.Refusal) {
	part := ""
	if s, one := h.areas().spotOf(name); one {
		part = s.tail // which is also in the paths of other namespaces
	} else {
		refuse = "mounts of several containers can be below it: name one container, or use --all"
	}
	return h.inAreas(part, func(s spot, m *mount.Mount) bool {
		rest, ok := mount.Below(s.path(), name)
		// Of several engines' directories that it can be in, the likeliest counts.
		return ok && rest != "" && h.areas().spotsOf(m.Path)[0].path() == s.path()
	}), refuse
}

// onPlace finds what foreign namespaces have mounted on the directory or file
// that a path of ours leads to.
func (h *Host) onPlace(here walked) []found {
	ns := h.at(h.Own)
	on := ns.mountTree().At(here.path)
	if !here.exists || on == nil {
		return nil
	}
	place, ok := cleanup.PlaceIn(on, here.path)
	if !ok {
		return nil
	}
	s, _ := h.areas().spotOf(here.path)
	var copies []found
	h.each(func(ns *Namespace, m *mount.Mount) {
		if at, ok := ns.mountTree().place(m); ok && at == place {
			copies = append(copies, found{ns, m, here.path, s.tail})
		}
	})
	return copies
}

// atTail finds what foreign namespaces have mounted at a path that ends as a
// path of ours does, from the mount area down, or in all of it.
func (h *Host) atTail(name string) []found {
	tail := strings.TrimPrefix(name, "/")
	if s, ok := h.areas().spotOf(name); ok {
		tail = s.tail
	}
	var copies []found
	h.each(func(ns *Namespace, m *mount.Mount) {
		if mount.EndsWith(m.Path, tail) {
			copies = append(copies, found{ns, m, name, tail})
		}
	})
	return copies
}

// device is the target for a block device: every directory of its file system
// that is mounted anywhere, and that does not lie in another one that is.
func (h *Host) device(here walked) (Target, error) {
	t := Target{Type: OfDevice}
	stat, ok := here.info.Sys().(*syscall.Stat_t)
	if !ok {
		return t, fmt.Errorf("%s has no device number", here.path)
	}
	number := deviceNumber(stat.Rdev)
	var owned []cleanup.Owned
	// The host's own come first: they are the originals.
	for _, hosts := range []bool{true, false} {
		var copies []found
		h.each(func(ns *Namespace, m *mount.Mount) {
			// A btrfs has a number of its own, for all of its devices.
			if m.Device != number && (m.FSType != "btrfs" || m.Source != here.path) || h.isHosts(ns) != hosts {
				return
			}
			if hosts {
				owned = widest(owned, h.original(ns, m))
				return
			}
			copies = append(copies, found{ns: ns, m: m, path: m.Path})
		})
		for _, o := range h.fromCopies(copies) {
			owned = widest(owned, o)
		}
	}
	t.settle(h, owned)
	return t, nil
}

// widest adds a mount, unless what it shows is shown by one that is there, and
// takes out what it shows itself.
func widest(owned []cleanup.Owned, o cleanup.Owned) []cleanup.Owned {
	var kept []cleanup.Owned
	for _, k := range owned {
		if _, ok := mount.Below(o.Root, k.Root); ok && k.Device == o.Device {
			return owned
		}
		if _, ok := mount.Below(k.Root, o.Root); !ok || k.Device != o.Device {
			kept = append(kept, k)
		}
	}
	return append(kept, o)
}

// deviceNumber takes a device number of stat(2) apart (gnu_dev_major and
// gnu_dev_minor of glibc).
func deviceNumber(dev uint64) Device {
	return Device{
		Major: uint32(dev>>8&0xfff | dev>>32&^0xfff),
		Minor: uint32(dev&0xff | dev>>12&^0xff),
	}
}
