package ask

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/unbusy/unbusy/internal/linux"
)

// rootOf is the root directory of a process.
func rootOf(pid int) string { return "/proc/" + strconv.Itoa(pid) + "/root" }

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// sameDirectory reports whether an engine's path leads to a directory of ours,
// which is free of symbolic links. An engine in another mount namespace may have
// something else there, and then knows nothing of what we have.
func sameDirectory(pid int, theirs, ours string) (bool, error) {
	if !filepath.IsAbs(theirs) {
		return false, nil
	}
	// An absolute link would lead from their root directory to ours.
	resolved, err := filepath.EvalSymlinks(theirs)
	if isNotExist(err) || err == nil && resolved != ours {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	here, err := linux.PlaceOf(ours)
	if err != nil {
		return false, err
	}
	there, err := linux.PlaceOf(rootOf(pid) + ours)
	if isNotExist(err) {
		return false, nil
	}
	return err == nil && there.Device == here.Device && there.Inode == here.Inode, err
}

// exists reports whether there is something at a path. What may not be looked at
// is an error.
func exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if isNotExist(err) {
		return false, nil
	}
	return err == nil, err
}

// maxEntries is more than an engine has containers.
const maxEntries = 1 << 16

// entries returns the names in a directory, none if it does not exist.
func entries(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if isNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(maxEntries)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err == nil && len(names) == maxEntries {
		err = &fs.PathError{Op: "read", Path: dir, Err: errTooMany}
	}
	return names, err
}

var errTooMany = errors.New("too many entries")
