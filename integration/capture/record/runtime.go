package record

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Runtime is what a recording runtime is told. It reads it from a file beside
// its own executable: engines pass no settings on to runtimes.
type Runtime struct {
	// Notes is the directory to which each container's note goes.
	Notes string `json:"notes"`
	// Next is the runtime to become.
	Next string `json:"next"`
	// Path is put first in PATH, for what Next looks up there.
	Path string `json:"path,omitempty"`
}

// runtimeFile is where a recording runtime finds its settings.
const runtimeFile = "runtime.json"

// Install puts a copy of the recorder into a directory that nothing else uses,
// and returns its path. It is called runc there, because programs judge a
// runtime by its name.
func (r Runtime) Install(recorder, dir string) (string, error) {
	program, err := os.ReadFile(recorder)
	if err != nil {
		return "", err
	}
	settings, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, runtimeFile), settings, 0o644); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "runc")
	return path, os.WriteFile(path, program, 0o755)
}

// Installed returns what this process was told if it is a recording runtime.
func Installed() (Runtime, error) {
	self, err := os.Executable()
	if err != nil {
		return Runtime{}, err
	}
	path := filepath.Join(filepath.Dir(self), runtimeFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return Runtime{}, err
	}
	var r Runtime
	if err := json.Unmarshal(text, &r); err != nil {
		return Runtime{}, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}
