package spec

import (
	"path/filepath"
	"strings"
)

// Area is a mount area: a place inside a runtime root where an engine mounts
// things on behalf of many containers, each below a directory of its own, and
// will later unmount and remove them.
type Area struct {
	// Root is the runtime root, absolute, clean and free of symbolic links.
	Root string `json:"root"`
	// Owner is the path, below Root, of one owner's own directory. A component
	// "*" stands for any one name: "overlay2/*", "pods/*",
	// "plugins/kubernetes.io/csi/*/*". Its length is the owner depth.
	Owner string `json:"owner"`
}

// Covers reports whether dir, absolute, clean and free of symbolic links, is
// an ancestor of an owner's directory of the area, so that what is mounted for
// other containers lies below it or can come to lie there. An owner's own
// directory does not cover, nor does anything below it, nor does a directory
// of the runtime root in which the engine mounts nothing.
func (a Area) Covers(dir string) bool {
	have, want := components(dir), a.components()
	if len(have) >= len(want) {
		return false
	}
	root := len(components(a.Root))
	for i, name := range have {
		// Only the pattern's part may hold a wildcard: a root that is really
		// called "*" stands for itself.
		if name != want[i] && (i < root || want[i] != "*") {
			return false
		}
	}
	return true
}

func (a Area) components() []string {
	return append(components(a.Root), components(a.Owner)...)
}

// components splits a path into its names. Paths are compared by these and
// never as strings: /var/lib/docker-old is no part of /var/lib/docker.
func components(path string) []string {
	path = strings.Trim(filepath.Clean(path), "/")
	if path == "" || path == "." {
		return nil
	}
	return strings.Split(path, "/")
}

// owns reports whether path is an owner's directory of the area or lies below
// one.
func (a Area) owns(path string) bool {
	have, want := components(path), a.components()
	if len(have) < len(want) {
		return false
	}
	root := len(components(a.Root))
	for i, name := range want {
		if have[i] != name && (i < root || name != "*") {
			return false
		}
	}
	return true
}
