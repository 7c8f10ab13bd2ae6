package record

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// The names of a note's files.
const (
	configFile    = "config.json"
	mountsFile    = "mountinfo"
	hostFile      = "host.json"
	decisionsFile = "decisions.json"
)

// Write puts the note into a new directory, which is there only when it is
// complete.
func (n Note) Write(dir string) error {
	attempt := dir + ".attempt"
	if err := n.Keep(attempt); err != nil {
		return err
	}
	decisions, err := json.Marshal(n.Decisions)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(attempt, decisionsFile), decisions, 0o644); err != nil {
		return err
	}
	return os.Rename(attempt, dir)
}

// Keep writes the files that make the note a test case, without the decisions,
// into a directory, which it makes if need be.
func (n Note) Keep(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	host, err := json.Marshal(n.Host)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		configFile: n.Config, mountsFile: n.Mounts, hostFile: append(host, '\n'),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Read reads a note that was written.
func Read(dir string) (Note, error) {
	var n Note
	for name, content := range map[string]*[]byte{configFile: &n.Config, mountsFile: &n.Mounts} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return Note{}, err
		}
		*content = text
	}
	for name, into := range map[string]any{hostFile: &n.Host, decisionsFile: &n.Decisions} {
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			return Note{}, fmt.Errorf("%s: %w", path, err)
		}
	}
	return n, nil
}
