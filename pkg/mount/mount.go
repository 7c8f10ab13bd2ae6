// Package mount has the words in which mounts and mount namespaces are told
// apart. It looks at nothing and asks nobody: tables are read elsewhere.
package mount

import "strconv"

// Device is the number of a superblock, as in mountinfo. The kernel gives it to
// another superblock as soon as this one is gone.
type Device struct {
	Major, Minor uint32
}

// String is "major:minor", as in mountinfo.
func (d Device) String() string {
	return strconv.FormatUint(uint64(d.Major), 10) + ":" + strconv.FormatUint(uint64(d.Minor), 10)
}

// Mount is a mount in a namespace.
//
// That a mount is locked, because its namespace belongs to a user namespace and
// has it from outside (MNT_LOCKED), is not to be seen anywhere: detaching fails.
type Mount struct {
	// UniqueID is never given to another mount, and is higher for mounts that
	// were made later. It is 0 if unknown.
	UniqueID uint64
	// OldID is the id of mountinfo, which is given to another mount once this
	// one is gone.
	OldID uint64
	// UniqueParent and OldParent are the ids of the mount that this one is
	// mounted on. That of a namespace's root mount is in no table.
	UniqueParent, OldParent uint64

	Device Device
	// Root is the path of the mount's root in its file system; the name of a
	// namespace for one that is bound.
	Root string
	// Path is where it is mounted, from the root of its namespace. It is empty
	// if the mount cannot be reached from there.
	Path   string
	FSType string
	Source string

	// PeerGroup is the number of the group that the mount shares its own mounts
	// with, 0 if none. Master is the group that it gets mounts and unmounts from,
	// 0 if none.
	PeerGroup, Master uint64
	// ReadOnly is a property of this mount; its superblock can be read-only
	// besides.
	ReadOnly bool
}
