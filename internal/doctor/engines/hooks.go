package engines

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// The directories of hooks: the first one is the default of everybody who reads
// any, and podman reads both (containers/common pkg/hooks/hooks.go, DefaultDir and
// OverrideDir).
const (
	defaultHooks  = "/usr/share/containers/oci/hooks.d"
	overrideHooks = "/etc/containers/oci/hooks.d"
)

// ociHook is what matters here of a file in a directory of hooks.
type ociHook struct {
	file   string
	path   string
	stages []string
}

// precreates reports whether the hook is run before the container is created.
func (h ociHook) precreates() bool { return slices.Contains(h.stages, "precreate") }

// readHooks reads directories of hooks below a root directory. A file in a later
// directory hides one of the same name. What cannot be understood is an error, and
// the others are there all the same.
func readHooks(root string, dirs ...string) ([]ociHook, []error) {
	files := make(map[string]string)
	var order []string
	for _, dir := range dirs {
		for _, path := range glob(root, filepath.Join(dir, "*.json")) {
			name := filepath.Base(path)
			if _, known := files[name]; !known {
				order = append(order, name)
			}
			files[name] = path
		}
	}
	var (
		found []ociHook
		errs  []error
	)
	for _, name := range order {
		text, err := readConfig(root, files[name])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		var content struct {
			Hook struct {
				Path string `json:"path"`
			} `json:"hook"`
			Stages []string `json:"stages"`
		}
		if err := json.Unmarshal(text, &content); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", files[name], err))
			continue
		}
		found = append(found, ociHook{file: files[name], path: content.Hook.Path, stages: content.Stages})
	}
	return found, errs
}

// absolute are the directories of a list that are paths.
func absolute(dirs []string) []string {
	return slices.DeleteFunc(slices.Clone(dirs), func(dir string) bool { return !strings.HasPrefix(dir, "/") })
}
