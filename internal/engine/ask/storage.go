package ask

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/unbusy/unbusy/internal/config"
)

// maxIndex bounds an index of containers/storage: a kilobyte for each of some
// ten thousand layers.
const maxIndex = 64 << 20

// containerOfLayer returns the container that has a layer, by the indexes of the
// store, which are replaced as a whole and written before a layer is mounted
// (storage layers.go and containers.go, saveFor). What does not outlive the next
// boot has indexes of its own, beside the others or in the run root. It is empty
// if no container has it, and known says whether the layer itself is there.
func (s Store) containerOfLayer(layer string) (container string, known bool, err error) {
	for _, root := range []string{s.GraphRoot, s.RunRoot} {
		for _, prefix := range []string{"", "volatile-"} {
			containers, err := s.index(root, "containers", prefix)
			if err != nil {
				return "", false, err
			}
			for _, c := range containers {
				if c.Layer == layer {
					return c.ID, true, nil
				}
			}
			layers, err := s.index(root, "layers", prefix)
			if err != nil {
				return "", false, err
			}
			for _, l := range layers {
				known = known || l.ID == layer
			}
		}
	}
	return "", known, nil
}

// stored is what matters here of an entry of an index.
type stored struct {
	ID    string `json:"id"`
	Layer string `json:"layer"`
}

// index reads one of a store's indexes. Only that of the graph root's layers has
// to be there.
func (s Store) index(root, kind, prefix string) ([]stored, error) {
	path := filepath.Join(root, s.Driver+"-"+kind, prefix+kind+".json")
	data, truncated, err := config.ReadFile(path, maxIndex)
	if isNotExist(err) && (root != s.GraphRoot || prefix != "" || kind != "layers") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if truncated {
		return nil, fmt.Errorf("%s is longer than %d bytes", path, maxIndex)
	}
	var entries []stored
	if err := json.Unmarshal(data, &entries); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return entries, nil
}
