package target

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/internal/statefile"
)

// dockerContainers are those that have a configuration in a data root: from their
// creation to their removal (moby daemon/container/container.go). A directory
// without one is what could not be removed of a container, because something was
// mounted there.
func dockerContainers(root roots.Root) []Container {
	layers := dockerLayers(root.Resolved)
	var found []Container
	dir := filepath.Join(root.Resolved, "containers")
	for _, id := range statefile.Names(dir) {
		config := filepath.Join(dir, id, "config.v2.json")
		if _, err := os.Lstat(config); !isID(id) || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		c := Container{ID: id, Engine: roots.Docker, Dirs: []string{filepath.Join(dir, id)}, Keys: layers[id]}
		var state struct {
			Name            string
			NetworkSettings struct {
				SandboxKey string
			}
		}
		if statefile.JSON(config, &state) {
			if name := strings.TrimPrefix(state.Name, "/"); name != "" {
				c.Names = []string{name}
			}
			// "default" is the host's own.
			if key := path.Base(state.NetworkSettings.SandboxKey); isHex(key) {
				c.Keys = append(c.Keys, key)
			}
		}
		found = append(found, c)
	}
	return found
}

// dockerLayers are the layers of containers, by what they are mounted as (moby
// layer/filestore.go). A container has two, one below the other.
func dockerLayers(dataRoot string) map[string][]string {
	layers := make(map[string][]string)
	for _, driver := range statefile.Names(filepath.Join(dataRoot, "image")) {
		dir := filepath.Join(dataRoot, "image", driver, "layerdb/mounts")
		for _, id := range statefile.Names(dir) {
			for _, file := range []string{"mount-id", "init-id"} {
				key := strings.TrimSuffix(statefile.Word(filepath.Join(dir, id, file)), "-init")
				if key != "" {
					layers[id] = union(layers[id], []string{key})
				}
			}
		}
	}
	return layers
}
