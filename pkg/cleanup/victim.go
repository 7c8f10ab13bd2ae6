package cleanup

import (
	"strings"

	"github.com/unbusy/unbusy/pkg/mount"
)

// victim is an owned mount together with what the scene says about it.
type victim struct {
	Owned
	// seen says that the engine's mount is in the scene: as long as it is, its
	// device number is its superblock's and no other's.
	seen bool
	// successor is what the engine has mounted in its place, nil if nothing.
	successor *mount.Mount
	// hidden is the oldest of what is mounted there as well, of the same number and
	// below something else: the engine's own mount, if nobody could ask for its unique
	// id, or the next run's, or a copy of either.
	hidden *mount.Mount
}

func newVictim(owned Owned, scene Scene, tables []*table) victim {
	v := victim{Owned: owned}
	for i := range scene.Namespaces {
		ns, t := &scene.Namespaces[i], tables[i]
		inEngines := ns.ID.Same(scene.Engine)
		for j := range ns.Mounts {
			if owned.IsOriginal(ns.Mounts[j]) {
				v.seen = true
			}
		}
		if !inEngines || owned.Path == "" {
			continue
		}
		if m := t.At(owned.Path); m != nil && m.Path == owned.Path && !owned.IsOriginal(*m) {
			v.successor = m
		}
		v.hidden = hiddenAt(t, &owned)
	}
	return v
}

// hiddenAt finds victim.hidden.
func hiddenAt(t *table, owned *Owned) *mount.Mount {
	var oldest *mount.Mount
	top := t.At(owned.Path)
	for i := range t.Mounts {
		m := &t.Mounts[i]
		if m != top && m.Path == owned.Path && m.Device == owned.Device && m.Root == owned.Root &&
			!owned.IsOriginal(*m) && (oldest == nil || m.UniqueID < oldest.UniqueID) {
			oldest = m
		}
	}
	return oldest
}

// recognise reports whether a mount is one of the victim's superblock. known
// says that there is no doubt: the number of a superblock is another one's as
// soon as it is gone.
func (v *victim) recognise(ns *Namespace, m *mount.Mount) (known, is bool) {
	// The number of a file system that is gone goes to one of another type as well.
	if m.Device != v.Device || m.FSType != v.FSType {
		return false, false
	}
	// A superblock can be more than the container's: all namespaces are in one,
	// and the rest of the disk is around a directory that was bound from it.
	if _, ok := mount.Below(m.Root, v.Root); !ok {
		return false, false
	}
	aged := v.UniqueID != 0 && m.UniqueID != 0
	if aged && m.UniqueID < v.UniqueID {
		return false, false
	}
	if v.seen {
		return true, true
	}
	upper := ns.UpperDirs[m.OldID]
	if v.UpperDir != "" && upper != "" && upper != v.UpperDir {
		return false, false
	}
	// A container lives on also if no path leads to its root file system.
	if v.hidden != nil && (!aged || m.UniqueID >= v.hidden.UniqueID) {
		return false, true
	}
	if v.successor != nil {
		// The next run of the container. What is older than its mount is none of
		// its copies, nor is what has another superblock or another namespace.
		if !aged || v.successor.UniqueID == 0 || m.UniqueID >= v.successor.UniqueID {
			return false, m.Device != v.successor.Device || m.FSType == nsfs && m.Root != v.successor.Root
		}
	}
	return aged && (v.UpperDir != "" && upper == v.UpperDir || v.FileSystemID != 0), true
}

// samePlace reports whether a mount is where the original is: on the same
// directory, or at least at a path that ends in all that tells one container's
// mounts from another's.
func (v *victim) samePlace(t *table, m *mount.Mount) bool {
	if m.Root != v.Root {
		return false
	}
	on, ok := t.place(m)
	if ok = ok && v.On != (Place{}); ok && on == v.On {
		return true
	}
	// One name alone tells nothing of a place that is known to be another one.
	return mount.EndsWith(m.Path, v.Tail) && (!ok || strings.Contains(v.Tail, "/"))
}

// boundForItsOwner reports whether a bind of the mount to another place was made
// for the sake of its owner. Volumes and shared memory are bound into containers
// that may live on.
func (v *victim) boundForItsOwner() bool { return v.Kind != Volume && v.Kind != Shm }

// mayBeOnSame reports whether a mount is on the same directory as the original,
// or may be: the kernel looks for what to unmount by the directory alone
// (propagate_umount in fs/pnode.c).
func (v *victim) mayBeOnSame(t *table, m *mount.Mount) bool {
	on, ok := t.place(m)
	return !ok || v.On == (Place{}) || on == v.On
}

// whose finds the one that a mount is a copy of, nil if none. A pod can have
// several of one superblock, a volume and a directory of it: the nearest counts.
// known is that of recognise.
func whose(victims []victim, ns *Namespace, t *table, m *mount.Mount) (nearest *victim, known bool) {
	best := 0
	for i := range victims {
		v := &victims[i]
		sure, is := v.recognise(ns, m)
		if !is {
			continue
		}
		near := 1
		switch {
		case v.IsOriginal(*m):
			near = 3
		case v.samePlace(t, m):
			near = 2
		}
		if near > best {
			nearest, known, best = v, sure, near
		}
	}
	return nearest, known
}
