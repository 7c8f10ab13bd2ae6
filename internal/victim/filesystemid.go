package victim

import (
	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// fileSystemID is Owned.FileSystemID of a mount of our own namespace, 0 if it has
// none that says anything, or cannot be asked.
func fileSystemID(o cleanup.Owned) uint64 {
	if o.FSType != "tmpfs" || o.UniqueID == 0 {
		return 0
	}
	// It only adds certainty.
	id, err := linux.FileSystemIDAt(o.Path, o.UniqueID)
	if err != nil {
		return 0
	}
	return id
}
