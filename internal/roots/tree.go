package roots

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/unbusy/unbusy/internal/config"
)

const (
	// maxLinks is how many symbolic links one name may lead through, as in
	// path_resolution(7).
	maxLinks = 40
	// maxEntries bounds a directory that is read for drop-in files.
	maxEntries = 4096
	// maxMatches bounds what a pattern may stand for.
	maxMatches = 64
	// maxFileSize bounds an engine's configuration file.
	maxFileSize = 1 << 20
)

// tree is a host's file tree below a prefix. It takes and returns the host's
// own paths and follows symbolic links inside the prefix, so that a link to
// /srv in a tree mounted on /host leads to /host/srv.
type tree struct {
	prefix string
	// remote are the mount points of file systems that may never answer. What
	// lies on them is taken as it is written, and not looked at: a data root on
	// a dead server must not stop containers that have nothing to do with it.
	remote []string
	// known remembers what paths lead to: dozens of them share their parents.
	known map[string]place
}

// place is where a path leads.
type place struct {
	path   string
	exists bool
}

// errRemote is the cause when a file is not read because its file system may
// never answer.
var errRemote = errors.New("on a file system that may not answer")

func newTree(prefix string) tree {
	return tree{prefix: strings.TrimSuffix(prefix, "/"), known: make(map[string]place, 256)}
}

// resolve follows the symbolic links in an absolute, clean path. What does not
// exist, or may not be looked at, is kept as it is written.
func (t *tree) resolve(path string) place {
	if path == "/" {
		return place{"/", true}
	}
	if p, ok := t.known[path]; ok {
		return p
	}
	links := maxLinks
	p := t.follow(t.resolve(filepath.Dir(path)), filepath.Base(path), &links)
	t.known[path] = p
	return p
}

// follow goes from a resolved directory to the entry called name.
func (t *tree) follow(dir place, name string, links *int) place {
	here := place{below(dir.path, name), dir.exists}
	if !dir.exists || t.isRemote(here.path) {
		return here
	}
	target, err := os.Readlink(t.prefix + here.path)
	switch {
	case errors.Is(err, syscall.EINVAL): // not a link
		return here
	case err != nil || *links == 0:
		return place{here.path, false}
	}
	*links--
	if filepath.IsAbs(target) {
		dir = place{"/", true}
	}
	for name := range strings.SplitSeq(target, "/") {
		switch name {
		case "", ".":
		case "..":
			// dir has no links in it: its parent is the one in its name.
			dir.path = filepath.Dir(dir.path)
		default:
			dir = t.follow(dir, name, links)
		}
	}
	return dir
}

func (t *tree) isRemote(path string) bool {
	return slices.ContainsFunc(t.remote, func(point string) bool {
		return path == point || strings.HasPrefix(path, point+"/")
	})
}

// read returns the content of a regular file, at most maxFileSize.
func (t *tree) read(path string) ([]byte, error) {
	if t.isRemote(t.resolve(filepath.Clean(path)).path) {
		return nil, &os.PathError{Op: "read", Path: path, Err: errRemote}
	}
	data, truncated, err := config.ReadFile(t.host(path), maxFileSize)
	if err == nil && truncated {
		err = &os.PathError{Op: "read", Path: path, Err: syscall.EFBIG}
	}
	var opened *os.PathError
	if errors.As(err, &opened) {
		opened.Path = path
	}
	return data, err
}

// head returns at most the first limit bytes of a regular file and says
// whether there are more.
func (t *tree) head(path string, limit int64) (data []byte, truncated bool, err error) {
	return config.ReadFile(t.host(path), limit)
}

// names returns the sorted names in a directory, or none.
func (t *tree) names(dir string) []string {
	if t.isRemote(t.resolve(filepath.Clean(dir)).path) {
		return nil
	}
	f, err := os.OpenFile(t.host(dir), os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, err := f.Readdirnames(maxEntries)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	slices.Sort(names)
	return names
}

// glob returns the files that match an absolute, clean pattern, in order and
// at most maxMatches. A pattern without a wildcard is its own match.
func (t *tree) glob(pattern string) []string {
	if !strings.Contains(pattern, "*") {
		return []string{pattern}
	}
	name := filepath.Base(pattern)
	var matches []string
	for _, dir := range t.glob(filepath.Dir(pattern)) {
		for _, entry := range t.names(dir) {
			if len(matches) == maxMatches {
				return matches
			}
			if ok, err := filepath.Match(name, entry); err == nil && ok {
				matches = append(matches, below(dir, entry))
			}
		}
	}
	return matches
}

// host returns the path to open for a path of the host. Without a prefix the
// kernel follows the links.
func (t *tree) host(path string) string {
	if t.prefix == "" {
		return path
	}
	return t.prefix + t.resolve(filepath.Clean(path)).path
}

// below joins a clean absolute directory and a clean relative path.
func below(dir, rest string) string {
	if dir == "/" {
		return "/" + rest
	}
	return dir + "/" + rest
}
