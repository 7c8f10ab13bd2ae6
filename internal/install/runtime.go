package install

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/unbusy/unbusy/internal/config"
)

const (
	// runtimeName is the wrapper's file name.
	runtimeName = "unbusy-runtime"
	// wrapDir holds links to the wrapper. Called by the name of such a link, it
	// wraps the runtime of that name (internal/wrapper). It is not below /usr,
	// which may be read-only.
	wrapDir = "/var/lib/unbusy/wrap"
	// usualRuntime is what the wrapper wraps if its configuration says nothing.
	usualRuntime = "runc"
)

// IsOurs tells whether a runtime that an engine's configuration names, by path
// or by name, is unbusy-runtime, also by way of a link and also if the file is
// gone.
func (h *Host) IsOurs(runtime string) bool {
	path := h.program(runtime)
	if path == "" {
		return false
	}
	if where, err := h.Resolve(path); err == nil {
		path = where
	}
	return filepath.Base(path) == runtimeName
}

// Exists tells whether a path leads to a file.
func (h *Host) Exists(path string) bool {
	_, err := h.stat(path)
	return err == nil
}

// program is the path of what a configuration names as a program.
func (h *Host) program(name string) string {
	if strings.Contains(name, "/") || name == "" {
		return name
	}
	return h.LookPath(name)
}

// Wrap returns the path to configure in the place of a runtime, so that
// unbusy-runtime stands in front of that one and no other, and what has to be
// written for that beside the engine's own configuration: a symbolic link, or
// the wrapper's configuration.
func (r Request) Wrap(runtime string) (path string, helpers []File, err error) {
	configured, err := r.Host.configuredRuntime()
	if err != nil {
		return "", nil, err
	}
	wanted := r.Host.program(runtime)
	if wanted == "" {
		return "", nil, fmt.Errorf("there is no runtime %q in %s", runtime, searchPath)
	}
	name := filepath.Base(wanted)
	switch {
	case r.Host.Same(r.Host.behind(orUsual(configured)), wanted):
		return r.Runtime, nil, nil
	case r.Host.Same(r.Host.behind(name), wanted) && !strings.HasPrefix(name, "unbusy"):
		link := File{Mode: linkMode, After: []byte(r.Runtime), Ours: true}
		link.Path, link.Before, err = r.Host.Link(filepath.Join(wrapDir, name))
		return link.Path, []File{link}, err
	}
	// No $PATH leads there.
	others, err := r.others()
	if err != nil {
		return "", nil, err
	}
	if configured != "" || len(others) > 0 {
		return "", nil, fmt.Errorf("unbusy-runtime would not find %s, which is in none of %s; %s can name one such runtime, and names %s, on which what is installed already may rely",
			wanted, searchPath, config.DefaultPath, cmp.Or(configured, "none"))
	}
	file, err := r.configure(wanted)
	return r.Runtime, []File{file}, err
}

// configure plans for the wrapper's configuration to name the runtime.
func (r Request) configure(runtime string) (File, error) {
	path, before, err := r.Host.Read(config.DefaultPath)
	if err != nil {
		return File{}, err
	}
	doc, err := ParseTOML(path, before)
	if err == nil {
		err = doc.Set(runtime, "runtime")
	}
	if err != nil {
		return File{}, err
	}
	return File{Path: path, Before: before, After: doc.Bytes(), Ours: true}, nil
}

// others are the records of the other engines for which unbusy is installed.
func (r Request) others() (map[string]Record, error) {
	names, err := r.Host.Names(stateDir)
	if err != nil {
		return nil, err
	}
	records := map[string]Record{}
	for _, name := range names {
		if name == r.Engine {
			continue
		}
		if records[name], err = r.Host.loadRecord(name); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// isHelper tells whether a file is not the engine's but the wrapper's.
func isHelper(path string) bool {
	return path == config.DefaultPath || filepath.Dir(path) == wrapDir
}

// UndoHelpers plans for what [Request.Wrap] had written to be taken back. While
// it is needed, for containers that were started by way of it, a link leads to
// what was wrapped. What is taken back belongs after the file that names it.
func (r Request) UndoHelpers(needed bool) ([]File, error) {
	others, err := r.others()
	if err != nil {
		return nil, err
	}
	var files []File
	for _, path := range r.Record.Paths() {
		if !isHelper(path) {
			continue
		}
		file, err := r.undoHelper(path, needed, others)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// Remove plans for an uninstallation of every file that unbusy was put into, the
// usual one if none is on record. For each of them remove says what it is to be,
// and which containers still need what is in it. Helpers stay as long as there are
// such containers: running ones were started by way of these, and their shims or
// monitors call them once more at the end.
func (r Request) Remove(usual string, remove func(r Request, path string) (File, []string, error)) (files []File, needing []string, err error) {
	for _, path := range r.Installed(usual) {
		file, users, err := remove(r, path)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, file)
		needing = append(needing, users...)
	}
	helpers, err := r.UndoHelpers(len(needing) > 0)
	return append(files, helpers...), needing, err
}

func (r Request) undoHelper(path string, needed bool, others map[string]Record) (File, error) {
	if !r.Record.IsLink(path) {
		file, err := r.Record.Undo(r.Host, path, withoutRuntime)
		if needed || len(others) > 0 {
			file.After, file.Ours = file.Before, file.Before != nil
		}
		return file, err
	}
	_, now, err := r.Host.Link(path)
	file := File{Path: path, Before: now, After: now, Mode: linkMode}
	switch {
	case err != nil:
		return File{Path: path}, nil //nolint:nilerr // somebody has put something else there
	case now == nil || sharedBy(others, path):
	case needed:
		wrapped, err := r.Host.Wrapped(path)
		if err != nil {
			return File{}, err
		}
		file.After, file.Ours = []byte(wrapped), true
	case sum(now) == r.Record.find(path).After:
		file.After = nil
	}
	return file, nil
}

// sharedBy tells whether another engine has the same link.
func sharedBy(others map[string]Record, path string) bool {
	for _, record := range others {
		if record.Has(path) {
			return true
		}
	}
	return false
}

// withoutRuntime takes the choice of the runtime out of the wrapper's
// configuration.
func withoutRuntime(now, original []byte) ([]byte, error) {
	doc, err := ParseTOML(config.DefaultPath, now)
	if err == nil {
		_, err = doc.Remove("runtime")
	}
	if err != nil {
		return nil, err
	}
	if original == nil && IsEmptyTOML(doc.Bytes(), "") {
		return nil, nil
	}
	return doc.Bytes(), nil
}

// Wrapped is the runtime that unbusy-runtime calls when a configuration names
// it by this path: what is to stand there once unbusy is gone.
func (h *Host) Wrapped(path string) (string, error) {
	name := filepath.Base(path)
	if strings.HasPrefix(name, "unbusy") {
		var err error
		if name, err = h.configuredRuntime(); err != nil {
			return "", err
		}
		name = orUsual(name)
	}
	if found := h.behind(name); found != "" {
		return found, nil
	}
	return name, nil // as the engine has it without a path
}

func orUsual(configured string) string { return cmp.Or(configured, usualRuntime) }

// configuredRuntime is the path or the name of what the wrapper's configuration
// tells it to call when it is called by its own name, empty if it does not.
func (h *Host) configuredRuntime() (string, error) {
	var settings struct {
		Runtime string `toml:"runtime"`
	}
	_, _, err := h.DecodeTOML(config.DefaultPath, &settings)
	return settings.Runtime, err
}

// behind finds a runtime that is not the wrapper, as the wrapper does.
func (h *Host) behind(name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	return h.lookPath(name, func(path string) bool { return !h.IsOurs(path) })
}
