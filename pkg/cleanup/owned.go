package cleanup

import "github.com/unbusy/unbusy/pkg/mount"

// Owned is a mount that a container owns, as it was in its engine's mount
// namespace, with everything a copy of it can be told by. It is what a [Record]
// keeps.
type Owned struct {
	Kind Kind `json:"kind"`
	// Path is where the engine has it mounted.
	Path string `json:"path"`
	// Tail is the end of Path from the mount area down, the owner's identifier
	// in it: "overlay2/<id>/merged". It is empty for a mount in no mount area.
	Tail   string       `json:"tail,omitempty"`
	Device mount.Device `json:"device"`
	// Root is mount.Mount.Root.
	Root   string `json:"root"`
	FSType string `json:"fstype"`
	// UniqueID is that of the engine's mount, 0 where the kernel has none. Every
	// copy is younger. Two runs of a container can have the same path, the same
	// layers and even the same device number; this tells them apart.
	UniqueID uint64 `json:"unique_id,omitempty"`
	// OldID is the other id of the engine's mount, for kernels without a unique
	// one.
	OldID uint64 `json:"id,omitempty"`
	// UpperDir is the writable layer of an overlay file system, as its mount
	// options name it.
	UpperDir string `json:"upperdir,omitempty"`
	// FileSystemID is a number that no other file system of the type has, now or
	// later: that of a tmpfs. It is 0 if there is none. Who detaches a copy has to
	// compare it.
	FileSystemID uint64 `json:"filesystem_id,omitempty"`
	// On is the directory or file that it is mounted on.
	On Place `json:"on"`
}

// IsOriginal reports whether a mount is the engine's own. Where the kernel has
// unique ids they alone count, so that one that was not asked for is no match. The
// id of mountinfo is given away when a mount is gone, which is why it has to be at
// the same path as well.
func (o *Owned) IsOriginal(m mount.Mount) bool {
	if m.Device != o.Device || m.Root != o.Root {
		return false
	}
	if o.UniqueID != 0 {
		return m.UniqueID == o.UniqueID
	}
	return o.OldID != 0 && m.OldID == o.OldID && m.Path == o.Path
}

// ownedMount describes a mount of the engine's table.
func (t *table) ownedMount(kind Kind, m *mount.Mount, tail string) Owned {
	owned := Owned{
		Kind: kind, Path: m.Path, Tail: tail,
		Device: m.Device, Root: m.Root, FSType: m.FSType,
		UniqueID: m.UniqueID, OldID: m.OldID,
	}
	if on, ok := t.place(m); ok {
		owned.On = on
	}
	return owned
}
