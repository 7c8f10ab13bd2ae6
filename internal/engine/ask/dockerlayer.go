package ask

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/unbusy/unbusy/internal/config"
)

// maxLayerID is more than the id of a layer with "-init".
const maxLayerID = 256

// errImageLayer says that a layer is no container's.
var errImageLayer = errors.New("it is the layer of an image")

// dockerLayer returns the container that has a layer, by what dockerd keeps on
// its disk: image/<driver>/layerdb/mounts/<container>/mount-id (moby
// layer/filestore.go). It is empty if no container has it, and the error
// satisfies errors.Is(err, errImageLayer) if that is because an image has.
//
// A name that comes back need not be a container's: a build step mounts layers
// in the same way, under names of its own.
func dockerLayer(dataRoot, driver, layer string) (string, error) {
	layer = strings.TrimSuffix(layer, "-init")
	db := filepath.Join(dataRoot, "image", driver, "layerdb")
	container, err := namedBy(filepath.Join(db, "mounts"), "mount-id", layer)
	if err != nil || container != "" {
		return container, err
	}
	algorithms, err := entries(db)
	if err != nil {
		return "", err
	}
	// By the algorithm of the image's digests; "tmp" has layers that are being
	// made.
	for _, name := range algorithms {
		image, err := namedBy(filepath.Join(db, name), "cache-id", layer)
		if err != nil {
			return "", err
		}
		if image != "" {
			return "", errImageLayer
		}
	}
	if len(algorithms) == 0 {
		return "", errors.New("dockerd keeps no layers in " + db)
	}
	return "", nil
}

// namedBy returns the directory in a directory that has a file with a content.
func namedBy(dir, file, content string) (string, error) {
	names, err := entries(dir)
	if err != nil {
		return "", err
	}
	for _, name := range names {
		data, _, err := config.ReadFile(filepath.Join(dir, name, file), maxLayerID)
		if isNotExist(err) {
			continue // removed, or not written yet
		}
		if err != nil {
			return "", err
		}
		if strings.TrimSpace(string(data)) == content {
			return name, nil
		}
	}
	return "", nil
}
