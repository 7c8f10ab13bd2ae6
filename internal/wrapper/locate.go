package wrapper

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	// ownPrefix begins the names by which the wrapper is called as itself, and
	// not in a runtime's place.
	ownPrefix = "unbusy"
	// defaultRuntime is wrapped if neither the name nor a configuration says
	// another.
	defaultRuntime = "runc"
	// systemPath is searched after $PATH, since a daemon may have been started
	// with next to nothing in it.
	systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
)

// locate returns the path of the runtime to become.
//
// argv0 is the name the wrapper was called by: under a runtime's name it wraps
// the next runtime of that name in $PATH, under its own the configured one
// (a path, or a name to be searched for), or runc. self is the wrapper's own
// file, which is never the answer.
func locate(argv0, configured, path string, self os.FileInfo) (string, error) {
	name := filepath.Base(argv0)
	if strings.HasPrefix(name, ownPrefix) {
		name = defaultRuntime
		if configured != "" {
			name = configured
		}
	}
	if !strings.Contains(name, "/") {
		return search(name, path, self)
	}
	// The current directory is the bundle.
	if !filepath.IsAbs(name) {
		return "", fmt.Errorf("the configured runtime %q is neither a name nor an absolute path", name)
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return "", fmt.Errorf("the configured runtime: %w", err)
	case os.SameFile(info, self):
		// A link to the wrapper was put in the runtime's place, and the
		// configuration still names that place.
		name = filepath.Base(name)
		if strings.HasPrefix(name, ownPrefix) {
			name = defaultRuntime
		}
		return search(name, path, self)
	}
	return name, nil
}

// search finds a runtime in $PATH behind the place where the wrapper itself
// stands under that name. Looking only behind oneself ends the search even if
// several copies of the wrapper are in the path, each of which would take
// another one for the runtime; so the system's directories are tried only by a
// wrapper that stands in none of the path's.
func search(name, path string, self os.FileInfo) (string, error) {
	found, passed := searchBehind(name, path, self)
	if found == "" && !passed {
		found, _ = searchBehind(name, systemPath, self)
	}
	if found == "" {
		return "", fmt.Errorf("no runtime %q in $PATH (%s)", name, path)
	}
	return found, nil
}

// searchBehind finds the first executable behind the last place of self, and
// reports whether there was such a place.
func searchBehind(name, path string, self os.FileInfo) (found string, passed bool) {
	for dir := range strings.SplitSeq(path, ":") {
		if !filepath.IsAbs(dir) {
			continue // as os/exec does: the current directory is the bundle
		}
		candidate := filepath.Join(dir, name)
		info, err := os.Stat(candidate)
		switch {
		case err != nil || info.IsDir() || syscall.Access(candidate, accessExecute) != nil:
		case os.SameFile(info, self):
			found, passed = "", true
		case found == "":
			found = candidate
		}
	}
	return found, passed
}

// accessExecute is X_OK of access(2).
const accessExecute = 1
