package cleanup

import "github.com/unbusy/unbusy/pkg/mount"

// CopyKind says what a mount of an owned superblock is to the original.
type CopyKind string

// The kinds of copies.
const (
	// Private is mounted where the original is, on a mount that gets no unmounts
	// from elsewhere.
	Private CopyKind = "private"
	// Slave is mounted where the original is, on a mount that gets unmounts.
	Slave CopyKind = "slave"
	// Peer is mounted on a mount from which unmounts arrive in a protected
	// namespace: unmounting it would unmount the engine's.
	Peer CopyKind = "peer"
	// Leaf is mounted elsewhere: somebody bound it there.
	Leaf CopyKind = "leaf"
	// Alias is another mount of the same superblock in the engine's own namespace.
	Alias CopyKind = "alias"
	// Locked is in a namespace of another user namespace, which has it from
	// outside and may not take it out alone.
	Locked CopyKind = "locked"
	// InUse is the root of a namespace or of a thread: a container lives in it.
	InUse CopyKind = "root"
	// Original is the mount of the engine.
	Original CopyKind = "original"
)

// Refusal says why a copy is not detached.
type Refusal string

// Why a copy stays.
const (
	Allowed         Refusal = ""
	RefuseProtected Refusal = "a container engine lives in its mount namespace"
	RefuseRoot      Refusal = "it is the root directory of a process"
	RefusePeer      Refusal = "unmounting it would unmount the engine's own mount"
	RefuseReach     Refusal = "it cannot be told where its unmounting would arrive"
	RefuseSpread    Refusal = "unmounting it would unmount one in another namespace that has to stay"
	RefuseLeaf      Refusal = "it was bound to a place of its own"
	RefuseAlias     Refusal = "it is in the engine's own mount namespace"
	RefuseOriginal  Refusal = "it is the engine's own mount"
	RefuseLocked    Refusal = "it is locked in its user namespace; it goes when its mountpoint is removed"
	RefuseCovered   Refusal = "something else is mounted on it"
	RefuseNoPath    Refusal = "no path in its mount namespace leads to it"
	RefuseMayHang   Refusal = "the way to it leads through a file system that may not answer"
	RefuseUnknown   Refusal = "it cannot be told whether it is of the same superblock"
	RefuseNotAsked  Refusal = "only private copies were asked for"
)

// Copy is a mount of an owned superblock.
type Copy struct {
	// Owned is what it is a copy of.
	Owned Owned
	// Namespace is where it is.
	Namespace mount.NamespaceID
	Mount     mount.Mount
	// Parent is the mount that it is mounted on, the zero value if unknown.
	Parent  mount.Mount
	Kind    CopyKind
	Refusal Refusal
}

// Propagation is that of the mount in the words of mountinfo: "shared:7
// master:3", "private".
func Propagation(m mount.Mount) string {
	switch {
	case m.PeerGroup != 0 && m.Master != 0:
		return "shared:" + utoa(m.PeerGroup) + " master:" + utoa(m.Master)
	case m.PeerGroup != 0:
		return "shared:" + utoa(m.PeerGroup)
	case m.Master != 0:
		return "master:" + utoa(m.Master)
	default:
		return "private"
	}
}
