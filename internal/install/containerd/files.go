package containerd

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/install"
	"github.com/unbusy/unbusy/internal/tomledit"
)

// maxFiles bounds how many files one configuration is made of.
const maxFiles = 256

// file is one of the files that a configuration is made of.
type file struct {
	name   string // as containerd has it
	path   string // without symbolic links
	before []byte // nil if there is none
	doc    *tomledit.Document
}

// load reads a file, which need not be there.
func load(host *install.Host, name string) (*file, error) {
	path, text, err := host.Read(name)
	if err != nil {
		return nil, err
	}
	doc, err := install.ParseTOML(path, text)
	if err != nil {
		return nil, err
	}
	return &file{name, path, text, doc}, nil
}

// loadAll reads a file and those that it imports, in containerd's order: a later
// one wins over those before it, an import is relative to the file that it
// stands in and may be a pattern, and no file is read twice (containerd
// cmd/containerd/server/config/config.go, LoadConfig).
func loadAll(host *install.Host, name string) ([]*file, error) {
	var files []*file
	pending := []string{name}
	for len(pending) > 0 && len(files) < maxFiles {
		name := pending[0]
		pending = pending[1:]
		if slices.ContainsFunc(files, func(f *file) bool { return f.name == name }) {
			continue
		}
		f, err := load(host, name)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
		imports, _ := f.doc.Get("imports")
		list, _ := imports.([]any)
		for _, item := range list {
			pattern, _ := item.(string)
			if !filepath.IsAbs(pattern) {
				pattern = filepath.Join(filepath.Dir(name), pattern)
			}
			matches, err := glob(host, filepath.Clean(pattern))
			if err != nil {
				return nil, err
			}
			pending = append(pending, matches...)
		}
	}
	return files, nil
}

// glob returns the paths on the host that match a pattern, in order. One without
// a wildcard is its own match.
func glob(host *install.Host, pattern string) ([]string, error) {
	if !strings.Contains(pattern, "*") {
		return []string{pattern}, nil
	}
	dirs, err := glob(host, filepath.Dir(pattern))
	if err != nil {
		return nil, err
	}
	var found []string
	for _, dir := range dirs {
		names, err := host.Names(dir)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if ok, err := filepath.Match(filepath.Base(pattern), name); err == nil && ok {
				found = append(found, filepath.Join(dir, name))
			}
		}
	}
	return found, nil
}

// version is what the file says that its version is, 1 if it says nothing.
func (f *file) version() int64 {
	value, _ := f.doc.Get("version")
	if version, ok := value.(int64); ok && version > 0 {
		return version
	}
	return 1
}

// saysNothing tells whether nothing in the file depends on its version.
func (f *file) saysNothing() bool {
	for _, key := range []string{"version", "plugins", "disabled_plugins", "required_plugins", "proxy_plugins", "imports"} {
		if _, found := f.doc.Get(key); found {
			return false
		}
	}
	return true
}
