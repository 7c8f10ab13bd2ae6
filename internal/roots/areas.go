package roots

import (
	"fmt"
	"strings"

	"github.com/unbusy/unbusy/pkg/spec"
)

// areas turns the patterns of a root into areas. A directory inside the root
// may be a symbolic link, as when only /var/lib/docker/volumes was moved to a
// larger disk. Mounts then live where it leads.
func (f *finder) areas(root string, owners []string) []spec.Area {
	areas := make([]spec.Area, 0, len(owners))
	for _, owner := range owners {
		fixed, rest := fixedPart(owner)
		if fixed == "" {
			areas = append(areas, spec.Area{Root: root, Owner: owner})
			continue
		}
		straight := below(root, fixed)
		at := f.tree.resolve(straight)
		switch at.path {
		case straight:
			areas = append(areas, spec.Area{Root: root, Owner: owner})
		case "/":
			f.warn(fmt.Errorf("%s leads to the root directory, which is no engine's own", straight))
		default:
			areas = append(areas, spec.Area{Root: at.path, Owner: rest})
		}
	}
	return areas
}

// fixedPart divides a pattern before its first wildcard: "containers/*" into
// "containers" and "*".
func fixedPart(owner string) (fixed, rest string) {
	for end := 0; ; {
		name, _, more := strings.Cut(owner[end:], "/")
		if name == "*" {
			return owner[:max(end-1, 0)], owner[end:]
		}
		if !more {
			// Only an area of the configuration file has no wildcard: its last
			// directory is the owner's own and stays one.
			return split(owner)
		}
		end += len(name) + 1
	}
}

// contains says whether path is at or below an owner's directory.
func contains(area spec.Area, path string) bool {
	rest, ok := strings.CutPrefix(path, area.Root)
	if !ok || rest == "" || rest[0] != '/' {
		return false
	}
	for want := range strings.SplitSeq(area.Owner, "/") {
		rest = strings.TrimPrefix(rest, "/")
		have := rest
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			have, rest = rest[:i], rest[i:]
		} else {
			rest = ""
		}
		if have == "" || want != "*" && want != have {
			return false
		}
	}
	return true
}
