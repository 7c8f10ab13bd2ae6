package cleanup

import "github.com/unbusy/unbusy/pkg/mount"

// Scene is what was seen of a host: the namespaces that matter, with their
// tables.
type Scene struct {
	// Engine is the namespace that Owned.Path is a path in. It has to be among
	// the Namespaces for aliases to be found in it.
	Engine mount.NamespaceID
	// Namespaces are all protected ones, and each other one in which a mount of an
	// owned superblock is.
	Namespaces []Namespace
	// Relays are mounts, in whichever namespace, that pass on to their own peer
	// group what they get from another one.
	Relays []Relay
	// RelaysUnknown says that there may be more of them.
	RelaysUnknown bool
}

// Namespace is a mount namespace as it was seen.
type Namespace struct {
	ID mount.NamespaceID
	// Mounts is the whole table. If the namespace is not protected, Root, Path,
	// FSType and Source may be missing of mounts that are of no owned superblock,
	// have none of those on them and cannot hang.
	Mounts []mount.Mount
	// Protected says why nothing in the namespace may be unmounted: an engine
	// lives in it. It is empty for every other one.
	Protected string
	// UserNamespace says that the namespace belongs to another user namespace
	// than the engine's: what it has from outside is locked.
	UserNamespace bool
	// Roots are the OldIDs of the mounts that threads of the namespace have their
	// root directory on.
	Roots []uint64
	// UpperDirs are the writable layers of overlay file systems, by the OldID of
	// a mount, as far as somebody looked.
	UpperDirs map[uint64]string
}

// Relay is a mount that is both in a peer group and a slave of another one
// (Documentation/filesystems/sharedsubtree.rst, "shared and slave").
type Relay struct {
	Master, PeerGroup uint64
}

// RelaysOf returns those of a table.
func RelaysOf(mounts []mount.Mount) []Relay {
	var relays []Relay
	for i := range mounts {
		if m := &mounts[i]; m.PeerGroup != 0 && m.Master != 0 {
			relays = append(relays, Relay{Master: m.Master, PeerGroup: m.PeerGroup})
		}
	}
	return relays
}
