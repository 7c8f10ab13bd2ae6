package ask

import (
	"fmt"
	"path/filepath"

	"github.com/pelletier/go-toml/v2"
	"github.com/unbusy/unbusy/internal/engine"
)

const (
	// defaultState is containerd's state directory where nothing else is said
	// (containerd defaults/defaults_unix.go).
	defaultState = "/run/containerd"
	// maxImports bounds how many files a configuration is made of.
	maxImports = 64
)

// stateOf is the state directory that a containerd was started with: from its
// command line, else from its configuration and what that imports, else the
// default. A file that was changed after the start misleads; then the directory
// is not the one that is asked about, or has nothing in it.
func stateOf(p engine.Process) (string, error) {
	args, err := p.Arguments()
	if err != nil {
		return "", err
	}
	if state := engine.Flag(args, "--state"); state != "" {
		return state, nil
	}
	file := engine.Flag(args, "--config", "-c")
	if file == "" {
		file = "/etc/containerd/config.toml"
	}
	if !filepath.IsAbs(file) {
		return "", fmt.Errorf("configuration of process %d: %q depends on where it was started", p.PID, file)
	}
	state := defaultState
	loaded := map[string]bool{}
	for pending := []string{file}; len(pending) > 0; pending = pending[1:] {
		path := filepath.Clean(pending[0])
		if loaded[path] {
			continue
		}
		if loaded[path] = true; len(loaded) > maxImports {
			return "", fmt.Errorf("%s: %w", file, errTooMany)
		}
		parsed, err := containerdFileOf(p, path)
		if err != nil {
			return "", err
		}
		if parsed.State != "" {
			state = parsed.State
		}
		imports, err := parsed.imported(p, filepath.Dir(path))
		if err != nil {
			return "", err
		}
		pending = append(pending, imports...)
	}
	return state, nil
}

// containerdFile is what matters here of a configuration file.
type containerdFile struct {
	State   string   `toml:"state"`
	Imports []string `toml:"imports"`
}

// containerdFileOf reads a configuration file. One that is not there says
// nothing.
func containerdFileOf(p engine.Process, path string) (file containerdFile, err error) {
	data, ok, err := configOf(p, path)
	if err != nil || !ok {
		return file, err
	}
	if err := toml.Unmarshal(data, &file); err != nil {
		return file, fmt.Errorf("%s: %w", path, err)
	}
	return file, nil
}

// imported returns the files that a file imports: relative to it, and patterns.
func (f containerdFile) imported(p engine.Process, dir string) ([]string, error) {
	var paths []string
	for _, pattern := range f.Imports {
		if !filepath.IsAbs(pattern) {
			pattern = filepath.Join(dir, pattern)
		}
		matches, err := filepath.Glob(rootOf(p.PID) + pattern)
		if err != nil {
			return nil, err
		}
		for _, match := range matches {
			paths = append(paths, match[len(rootOf(p.PID)):])
		}
	}
	return paths, nil
}
