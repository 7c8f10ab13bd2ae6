package spec

import (
	"path/filepath"
	"slices"
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
func (a Area) Covers(dir string) bool { return a.pattern().covers(components(dir)) }

// Owns reports whether path, absolute, clean and free of symbolic links, is an
// owner's directory of the area or lies below one.
func (a Area) Owns(path string) bool { return a.pattern().owns(components(path)) }

// pattern is an area taken apart, for many comparisons.
type pattern struct {
	names []string
	// root is how many of the names are the root's. Only behind them "*" is a
	// wildcard: a root that is really called "*" stands for itself.
	root int
}

func (a Area) pattern() pattern {
	root := components(a.Root)
	return pattern{names: slices.Concat(root, components(a.Owner)), root: len(root)}
}

// covers is [Area.Covers], for a directory taken apart.
func (p pattern) covers(dir []string) bool { return len(dir) < len(p.names) && p.agrees(dir) }

// owns reports whether path is an owner's directory or lies below one.
func (p pattern) owns(path []string) bool { return len(path) >= len(p.names) && p.agrees(path) }

// agrees compares as many names as both have.
func (p pattern) agrees(names []string) bool {
	for i := range min(len(names), len(p.names)) {
		if names[i] != p.names[i] && (i < p.root || p.names[i] != "*") {
			return false
		}
	}
	return true
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
