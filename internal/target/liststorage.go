package target

import (
	"path/filepath"

	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/internal/statefile"
)

// storageContainers are those of containers/storage, podman's and CRI-O's. It
// has a list for each storage driver, and one for containers that are not to
// outlive a restart (storage containers.go). podman keeps the bundles below the
// same root, CRI-O below its run root; all are the other roots that may be either.
func storageContainers(root roots.Root, all []roots.Root) []Container {
	var found []Container
	for _, driver := range []string{"overlay", "vfs", "btrfs", "zfs"} {
		dir := filepath.Join(root.Resolved, driver+"-containers")
		for _, file := range []string{"containers.json", "volatile-containers.json"} {
			var list []struct {
				ID    string   `json:"id"`
				Names []string `json:"names"`
				Layer string   `json:"layer"`
			}
			if !statefile.JSON(filepath.Join(dir, file), &list) {
				continue
			}
			for _, entry := range list {
				if !isID(entry.ID) {
					continue
				}
				c := Container{ID: entry.ID, Names: entry.Names, Engine: root.Engine, Dirs: []string{filepath.Join(dir, entry.ID)}}
				for _, other := range all {
					if other.Engine == roots.Podman || other.Engine == roots.CRIO {
						c.Bundles = append(c.Bundles, filepath.Join(other.Resolved, driver+"-containers", entry.ID, "userdata"))
					}
				}
				if entry.Layer != "" {
					c.Keys = []string{entry.Layer}
				}
				found = append(found, c)
			}
		}
	}
	return found
}
