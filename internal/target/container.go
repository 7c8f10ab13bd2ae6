package target

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/roots"
)

// Container is a container that an engine knows, by what it keeps about it on
// disk.
type Container struct {
	ID     string
	Names  []string
	Engine roots.Engine
	// Dirs are the directories in mount areas by which its engine knows it.
	Dirs []string
	// Namespaces are those of containerd's in which it has a task.
	Namespaces []string
	// Bundles are the directories in which it may have a specification.
	Bundles []string
	// Keys are the other identifiers under which things of it are mounted: of its
	// layer, of its network namespace.
	Keys []string
	// Kept says that its engine keeps it when its directories are gone, until
	// somebody removes it.
	Kept bool
}

// String is the identifier, and the name if it has one.
func (c Container) String() string {
	if len(c.Names) > 0 {
		return c.ID + " (" + c.Names[0] + ")"
	}
	if len(c.Namespaces) > 0 && !isID(c.ID) {
		return c.Namespaces[0] + "/" + c.ID
	}
	return c.ID
}

// owns reports whether something at a place in a mount area is the container's.
func (c Container) owns(s spot) bool {
	if isTask(s.area) && len(s.key) == 2 && !slices.Contains(c.Namespaces, s.key[0]) {
		return false
	}
	owner := strings.TrimSuffix(s.owner(), "-init")
	return owner != "" && (owner == c.ID || slices.Contains(c.Keys, owner))
}

// mayOwn reports whether something at a path of any namespace can be the
// container's. It is a quick look at what owns decides: most paths on a host
// are not.
func (c Container) mayOwn(path string) bool {
	return strings.Contains(path, c.ID) ||
		slices.ContainsFunc(c.Keys, func(key string) bool { return strings.Contains(path, key) })
}

// add takes over what another root says about the same container.
func (c *Container) add(other Container) {
	if c.Engine == roots.Containerd && other.Engine != roots.Containerd {
		// containerd knows the tasks of other engines, these know the containers.
		c.Engine, c.Dirs = other.Engine, nil
	}
	if other.Engine == c.Engine {
		c.Dirs = union(c.Dirs, other.Dirs)
	}
	c.Names = union(c.Names, other.Names)
	c.Namespaces = union(c.Namespaces, other.Namespaces)
	c.Bundles = union(c.Bundles, other.Bundles)
	c.Keys = union(c.Keys, other.Keys)
	c.Kept = c.Kept || other.Kept
}

func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}

// told is what tells a container from others for people: for one that has a name
// that another one may have, its directory, which is a target, too.
func (c Container) told() string {
	if identity := c.identity(); identity != c.ID {
		return identity
	}
	return c.String()
}

// identity tells containers apart. A name that somebody chose is unique only
// in its namespace of one containerd's, of which there can be several: its bundle
// is.
func (c Container) identity() string {
	if isID(c.ID) || len(c.Namespaces) == 0 || len(c.Dirs) == 0 {
		return c.ID
	}
	return c.Dirs[0]
}

// merge unites what several roots say.
func merge(found []Container) []Container {
	index := make(map[string]int, len(found))
	var merged []Container
	for _, c := range found {
		if i, known := index[c.identity()]; known {
			merged[i].add(c)
			continue
		}
		index[c.identity()] = len(merged)
		merged = append(merged, c)
	}
	slices.SortFunc(merged, func(a, b Container) int { return cmp.Compare(a.identity(), b.identity()) })
	return merged
}

// shortestPrefix is how many characters of an identifier have to be given, and
// shortestKey how many of one that people do not see.
const (
	shortestPrefix = 3
	shortestKey    = 12
)

// errUnknown says that a word names nothing.
var errUnknown = errors.New("nothing is called that")

// choose finds the one container that a word means: by its identifier, by its
// name, by the beginning of its identifier, by another identifier of it.
func choose(all []Container, word string) (Container, error) {
	for _, is := range []func(Container) bool{
		func(c Container) bool { return c.ID == word },
		func(c Container) bool { return slices.Contains(c.Names, word) },
		func(c Container) bool { return isPrefix(word, c.ID, shortestPrefix) },
		func(c Container) bool {
			return slices.ContainsFunc(c.Keys, func(key string) bool { return key == word || isPrefix(word, key, shortestKey) })
		},
	} {
		var found []string
		var one Container
		for _, c := range all {
			if is(c) {
				one = c
				found = append(found, c.told())
			}
		}
		switch len(found) {
		case 0:
		case 1:
			return one, nil
		default:
			return Container{}, ambiguous(word, found)
		}
	}
	return Container{}, errUnknown
}

// isPrefix reports whether a word is the beginning of an identifier, and long
// enough to be meant as that.
func isPrefix(word, id string, least int) bool {
	return len(word) >= least && isHex(word) && isHex(id) && len(id) >= shortestKey && strings.HasPrefix(id, word)
}

// ambiguous is the error for a word that means several things.
func ambiguous(word string, candidates []string) error {
	const most = 5
	slices.Sort(candidates)
	text := strings.Join(candidates[:min(most, len(candidates))], ", ")
	if more := len(candidates) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Errorf("%q can be any of %s", word, text)
}

// isID recognises the identifiers that engines make up for containers.
func isID(s string) bool { return len(s) == 64 && isHex(s) }

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != ""
}
