package install

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

const (
	// maxLinks is how many symbolic links one path may lead through, as in
	// path_resolution(7).
	maxLinks = 40
	// maxSize bounds a configuration file.
	maxSize = 1 << 20
	// maxNames bounds a directory.
	maxNames = 1 << 16
)

// Host is the file tree whose engines are configured: this machine's, or one
// that is mounted somewhere. All paths are absolute and the host's own.
// Symbolic links are followed as the host itself would, and nothing outside the
// tree is ever opened.
type Host struct {
	prefix string
	root   *os.Root
}

// OpenHost opens the tree below prefix, which is empty or "/" for this
// machine's.
func OpenHost(prefix string) (*Host, error) {
	if prefix == "" {
		prefix = "/"
	}
	if !filepath.IsAbs(prefix) {
		return nil, fmt.Errorf("the prefix %q is not an absolute path", prefix)
	}
	root, err := os.OpenRoot(prefix)
	if err != nil {
		return nil, fmt.Errorf("open the host's root directory: %w", err)
	}
	return &Host{prefix: filepath.Clean(prefix), root: root}, nil
}

// Close gives up the tree.
func (h *Host) Close() error { return h.root.Close() }

// Prefix is where the tree is, "/" for this machine's own.
func (h *Host) Prefix() string { return h.prefix }

// Resolve follows the symbolic links in a path. What does not exist is kept as
// it is written.
func (h *Host) Resolve(path string) (string, error) {
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("%q is not an absolute path", path)
	}
	done, todo := "/", split(path)
	for links := 0; len(todo) > 0; {
		name := todo[0]
		todo = todo[1:]
		if name == ".." {
			done = filepath.Dir(done)
			continue
		}
		here := filepath.Join(done, name)
		target, err := h.root.Readlink(relative(here))
		switch {
		case err == nil:
			if links++; links > maxLinks {
				return "", &fs.PathError{Op: "open", Path: path, Err: syscall.ELOOP}
			}
			if filepath.IsAbs(target) {
				done = "/"
			}
			todo = append(split(target), todo...)
		case isMissing(err), errors.Is(err, syscall.EINVAL): // none, or not a link
			done = here
		default:
			return "", fmt.Errorf("follow %s: %w", path, reason(err))
		}
	}
	return done, nil
}

// Read reads a regular file of at most 1 MiB, and returns with its content the
// path that the given one leads to. A file that does not exist has no content,
// nil, unlike an empty one; its path is where it would be made.
func (h *Host) Read(path string) (where string, data []byte, err error) {
	where, err = h.Resolve(path)
	if err != nil {
		return "", nil, err
	}
	data, err = h.read(where)
	return where, data, err
}

// read is Read for a path without links.
func (h *Host) read(path string) ([]byte, error) {
	f, err := h.open(path)
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, reason(err))
	}
	if len(data) > maxSize {
		return nil, fmt.Errorf("read %s: larger than %d bytes", path, maxSize)
	}
	return data, nil
}

// open opens a regular file to be read. It never waits for a named pipe.
func (h *Host) open(path string) (*os.File, error) {
	f, err := h.root.OpenFile(relative(path), os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, reason(err))
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", path, err), f.Close())
	}
	return f, nil
}

// Link returns where a symbolic link leads to, as it is written there, or nil
// if there is nothing of that name. Anything but a link is an error. Links in
// the path to it are followed.
func (h *Host) Link(path string) (where string, target []byte, err error) {
	dir, err := h.Resolve(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	where = filepath.Join(dir, filepath.Base(path))
	text, err := h.root.Readlink(relative(where))
	switch {
	case err == nil:
		return where, []byte(text), nil
	case isMissing(err):
		return where, nil, nil
	default:
		return where, nil, fmt.Errorf("%s is not a symbolic link: %w", path, reason(err))
	}
}

// Names returns the sorted names in a directory, none if there is no such
// directory.
func (h *Host) Names(dir string) ([]string, error) {
	where, err := h.Resolve(dir)
	if err != nil {
		return nil, err
	}
	f, err := h.root.OpenFile(relative(where), os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NONBLOCK, 0)
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, reason(err))
	}
	defer f.Close()
	names, err := f.Readdirnames(maxNames)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("list %s: %w", dir, reason(err))
	}
	if len(names) == maxNames {
		return nil, fmt.Errorf("list %s: %d names and more", dir, maxNames)
	}
	slices.Sort(names)
	return names, nil
}

// Same tells whether two paths lead to the same file, which exists.
func (h *Host) Same(a, b string) bool {
	first, err := h.stat(a)
	if err != nil {
		return false
	}
	second, err := h.stat(b)
	return err == nil && os.SameFile(first, second)
}

func (h *Host) stat(path string) (os.FileInfo, error) {
	where, err := h.Resolve(path)
	if err != nil {
		return nil, err
	}
	return h.root.Lstat(relative(where))
}

// isMissing tells whether there is no file of a name, be it that what would be
// its directory is none.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// relative is how os.Root wants a path.
func relative(path string) string {
	if path == "/" {
		return "."
	}
	return strings.TrimPrefix(path, "/")
}

func split(path string) []string {
	return slices.DeleteFunc(strings.Split(path, "/"), func(name string) bool { return name == "" || name == "." })
}

// reason takes the paths out of an error, which has the one that the operator
// knows beside it.
func reason(err error) error {
	var failed *fs.PathError
	var between *os.LinkError
	switch {
	case errors.As(err, &failed):
		return failed.Err
	case errors.As(err, &between):
		return between.Err
	default:
		return err
	}
}
