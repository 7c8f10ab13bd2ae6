package target

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/unbusy/unbusy/internal/engine/ask"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/pkg/mount"
)

// Near resolves the identifier of a container, or a long beginning of it, whose
// mounts are mounted in our own namespace, and the path at which one is, by that
// namespace, which is the only one that it looks at: on a full node the tables of
// all the others have some hundred thousand mounts.
// What the container left there before it was last started is not in the target.
// It is not ok of any other word, and whenever more could be said: then
// [Host.Resolve] has to be asked.
func Near(ctx context.Context, lister *mountns.Lister, found []roots.Root, word string) (t Target, ok bool) {
	if !strings.Contains(word, "/") && (!isHex(word) || len(word) < shortestKey) {
		return Target{}, false // a name may be used by engines that are not known here, too
	}
	h, err := lookNear(lister, found)
	if err != nil {
		return Target{}, false
	}
	return h.near(ctx, word)
}

func (h *Host) near(ctx context.Context, word string) (t Target, ok bool) {
	if strings.Contains(word, "/") {
		t, ok = h.nearPath(word)
	} else {
		t, ok = h.nearContainer(word)
	}
	if !ok || len(h.Incomplete) > 0 {
		return Target{}, false
	}
	t.Name = word
	t.judge(ctx, h)
	// Of a container that is gone it counts who else has its mounts.
	return t, t.State == Running || t.State == Stopped
}

func (h *Host) nearContainer(word string) (Target, bool) {
	c, err := choose(h.known(), word)
	if err != nil {
		return Target{}, false
	}
	t, err := h.container(c)
	return t, err == nil && h.allHere(c, &t)
}

// nearPath is the target for a path at which something of a container is mounted,
// as path is.
func (h *Host) nearPath(word string) (Target, bool) {
	name, err := filepath.Abs(word)
	if err != nil {
		return Target{}, false
	}
	here := h.walk(name)
	own := h.at(h.Own)
	m := own.mountTree().At(here.path)
	if m == nil || m.Path != here.path || here.netns != "" {
		return Target{}, false
	}
	t := h.mounted(own, m)
	return t, t.Container.ID != "" && t.recognised()
}

// lookNear sees our own namespace only.
func lookNear(lister *mountns.Lister, found []roots.Root) (*Host, error) {
	own, err := lister.Own()
	if err != nil {
		return nil, err
	}
	defer own.Close()
	mounts, err := own.Mounts(mountns.Query{})
	if err != nil {
		return nil, err
	}
	h := &Host{
		Roots: found, Areas: roots.Result{Roots: found}.Areas(),
		Own: own.ID, Namespaces: []Namespace{{ID: own.ID, Mounts: mounts}},
		UpperDir: func(_ mount.NamespaceID, m mount.Mount) (string, error) {
			own, err := lister.Own()
			if err != nil {
				return "", err
			}
			defer own.Close()
			return own.UpperDir(m)
		},
		Ask: func(ctx context.Context, path string) (ask.Owner, error) { return ask.OwnerOf(ctx, path, found) },
	}
	// A record has the unique id of a mount, which the text of a table has not.
	own.Identify(mounts, func(m mount.Mount) bool {
		_, ok := h.areas().spotOf(m.Path)
		return ok
	})
	return h, nil
}

// allHere reports whether everything that is known of a container's mounts is
// mounted where it can be recognised, and nothing was left out.
func (h *Host) allHere(c Container, t *Target) bool {
	if !t.recognised() {
		return false
	}
	for _, bundle := range c.Bundles {
		owned, _, err := h.fromBundle(c, bundle)
		if err != nil {
			return false
		}
		for i := range owned {
			if h.certaintyOf(&owned[i]) != certain {
				return false
			}
		}
	}
	return true
}

// recognised reports whether every mount of a target is mounted, and all of a file
// system: what a part of one is shared with, engines elsewhere may know.
func (t *Target) recognised() bool {
	if len(t.Owned) == 0 || t.ByPlace || t.Unsure {
		return false
	}
	for i := range t.Owned {
		if o := &t.Owned[i]; o.Root != "/" && o.FSType != nsfs {
			return false
		}
	}
	return true
}
