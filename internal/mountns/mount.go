package mountns

import "github.com/unbusy/unbusy/pkg/mount"

// The words of this package, which other packages share.
type (
	// Mount is a mount in a namespace.
	Mount = mount.Mount
	// Device is the number of a superblock.
	Device = mount.Device
	// ID tells mount namespaces apart.
	ID = mount.NamespaceID
)
