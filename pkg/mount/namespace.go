package mount

import "strconv"

// NamespaceID tells mount namespaces apart.
type NamespaceID struct {
	// Inode is the number in "mnt:[4026531832]". The kernel gives it to another
	// namespace once this one is gone.
	Inode uint64
	// Unique is never given twice. It is 0 where the kernel does not tell, before
	// Linux 6.12. Unlike that of a mount it says nothing about age.
	Unique uint64
}

// Same reports whether both are the same namespace, as far as can be told.
func (id NamespaceID) Same(other NamespaceID) bool {
	if id.Unique != 0 && other.Unique != 0 {
		return id.Unique == other.Unique
	}
	return id.Inode == other.Inode
}

// String is the kernel's name for the namespace.
func (id NamespaceID) String() string {
	return "mnt:[" + strconv.FormatUint(id.Inode, 10) + "]"
}
