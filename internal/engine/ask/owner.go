package ask

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/pkg/spec"
)

// Owner is whose a path inside a mount area is.
type Owner struct {
	Engine roots.Engine
	// Container is the id of the container or pod sandbox: with its namespace,
	// "moby/<id>", if it is a task of containerd's. It is empty if there is none
	// any more, or it is not known.
	Container string
	State     Answer
	// Why says in words what the answer is from. Ids and paths in it are as they
	// were found.
	Why string
}

// ErrNoArea says that a path is not inside a mount area, below the directory of
// an owner.
var ErrNoArea = errors.New("not in a mount area")

// OwnerOf asks whose a path is, which is absolute, clean and free of symbolic
// links. The answer is that of the engine whose root has the area, and counts
// only if that engine runs and answers. In every other case there is an error,
// State is Unknown, and the rest is there as far as it was found out.
//
// NoSuch is no licence to unmount: a container that is being created can have its
// mounts before its engine tells of it, in the engine's namespace. Who acts on it
// makes sure that nothing is mounted there, and asks twice.
func OwnerOf(ctx context.Context, path string, known []roots.Root) (Owner, error) {
	at, ok := locate(path, known)
	if !ok {
		return Owner{}, fmt.Errorf("%s: %w", path, ErrNoArea)
	}
	owner := Owner{Engine: at.root.Engine}
	var err error
	switch at.root.Engine {
	case roots.Docker:
		err = at.docker(ctx, &owner)
	case roots.Containerd:
		err = at.containerd(ctx, &owner)
	case roots.Podman, roots.CRIO:
		err = at.podman(ctx, &owner, known)
	default:
		err = fmt.Errorf("%w for a directory of %s", ErrNoAnswer, at.root.Engine)
	}
	if err != nil {
		owner.State = Unknown
		return owner, fmt.Errorf("whose is %s: %w", path, err)
	}
	return owner, nil
}

// located is an owner's directory.
type located struct {
	root roots.Root
	// names are what leads from the root to it: "overlay2", "<layer>". They are
	// missing if part of the way is a symbolic link.
	names []string
}

// locate finds the owner's directory that a path is in. Roots can lie in roots,
// as dockerd's containerd in dockerd's: the longest way counts.
func locate(path string, known []roots.Root) (located, bool) {
	var best located
	longest := 0
	for _, root := range known {
		for _, area := range root.Areas {
			if !area.Owns(path) {
				continue
			}
			depth := strings.Count(filepath.Join(area.Root, area.Owner), "/")
			if depth <= longest {
				continue
			}
			longest = depth
			best = located{root: root}
			if area.Root == root.Resolved {
				best.names = owned(area, path)
			}
		}
	}
	return best, longest > 0
}

// owned returns the names below an area's root that lead to the owner's
// directory.
func owned(area spec.Area, path string) []string {
	below := strings.Split(strings.TrimPrefix(strings.TrimPrefix(path, area.Root), "/"), "/")
	return below[:1+strings.Count(area.Owner, "/")]
}

// last is the owner's own name.
func (l located) last() string { return l.names[len(l.names)-1] }

// kind is what is kept where the owner's directory is: "overlay2",
// "devicemapper/mnt".
func (l located) kind() string {
	if len(l.names) == 0 {
		return ""
	}
	return strings.Join(l.names[:len(l.names)-1], "/")
}

// errNobodyKnows is the error for areas of which no engine tells the owner.
func (l located) errNobodyKnows() error {
	if len(l.names) == 0 {
		return fmt.Errorf("%w: it is reached by a symbolic link in %s", ErrNoAnswer, l.root.Resolved)
	}
	return fmt.Errorf("%w: %s does not tell whose %s are", ErrNoAnswer, l.root.Engine, l.kind())
}
