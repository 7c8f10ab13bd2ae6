package target

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/unbusy/unbusy/internal/engine/ask"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// Lingering is a mount whose engine is done with it, and that foreign namespaces
// have still.
type Lingering struct {
	Owned cleanup.Owned
	// Container is the one it belonged to, as far as its engine tells.
	Container string
	State     State
	// Why says what the engine said.
	Why string

	copies []copyID
}

// Skipped is a mount that lies where an engine mounts things and is left alone.
type Skipped struct {
	Namespace mount.NamespaceID
	// Mountpoint is its path there, Path that of the engine.
	Mountpoint, Path string
	Reason           string
}

// copyID tells a copy from any other mount, also at another moment.
type copyID struct {
	namespace mount.NamespaceID
	device    Device
	unique    uint64
	old       uint64
}

// Lingering finds what is mounted in foreign namespaces, on a directory or file
// of a mount area on which the engine of that area has nothing mounted, for an
// owner of which that engine says that it does not run or is no more. Everything
// else is skipped: what is mounted in a protected namespace or is somebody's root
// directory, and what nobody answers for.
//
// Where something lingers is told by the kernel's own name of the place, not by a
// path that somebody in the other namespace made up.
func (h *Host) Lingering(ctx context.Context) ([]Lingering, []Skipped, error) {
	f := lingerer{
		host: h, engines: h.engines(), users: h.allUsers(),
		paths: make(map[cleanup.Place][]string), answers: make(map[string]answer),
	}
	for i := range h.Namespaces {
		ns := &h.Namespaces[i]
		if ns == f.engines {
			continue
		}
		for j := range ns.Mounts {
			if err := ctx.Err(); err != nil {
				return nil, nil, context.Cause(ctx)
			}
			f.look(ctx, ns, &ns.Mounts[j])
		}
	}
	return f.found(), f.skipped, nil
}

type lingerer struct {
	host    *Host
	engines *Namespace
	users   map[superblock]string
	paths   map[cleanup.Place][]string
	answers map[string]answer
	copies  []found
	skipped []Skipped
}

// answer is what an engine said about a path.
type answer struct {
	owner ask.Owner
	err   error
}

// allUsers says for every superblock who has it where it is in use.
func (h *Host) allUsers() map[superblock]string {
	users := make(map[superblock]string)
	h.each(func(ns *Namespace, m *mount.Mount) {
		if why := h.inUseAt(ns, m); why != "" && users[superblockOf(m)] == "" {
			users[superblockOf(m)] = why
		}
	})
	return users
}

// look decides about one mount of a foreign namespace.
func (f *lingerer) look(ctx context.Context, ns *Namespace, m *mount.Mount) {
	place, ok := ns.mountTree().place(m)
	if !ok {
		return
	}
	for _, name := range f.pathsOf(place) {
		s, ok := f.host.areas().spotOf(name)
		if !ok || f.insideOwned(name) {
			continue
		}
		if why := f.refuse(ctx, ns, m, name); why != "" {
			f.skipped = append(f.skipped, Skipped{ns.ID, m.Path, name, why})
		} else {
			f.copies = append(f.copies, found{ns, m, name, s.tail})
		}
		return
	}
}

func (f *lingerer) pathsOf(place cleanup.Place) []string {
	known, ok := f.paths[place]
	if !ok {
		known = f.engines.mountTree().paths(place)
		f.paths[place] = known
	}
	return known
}

// insideOwned reports whether a path leads into something that an engine has
// mounted for an owner, or is covered by that. What is mounted there the
// container has for itself: its /proc is on a directory of its root file system.
func (f *lingerer) insideOwned(name string) bool {
	tree := f.engines.mountTree()
	on := tree.At(name)
	if on != nil && on.Path == name {
		on = tree.Parent(on)
	}
	if on == nil {
		return true
	}
	_, owned := f.host.areas().spotOf(on.Path)
	return owned
}

// refuse says why a mount is left alone, empty if it lingers.
func (f *lingerer) refuse(ctx context.Context, ns *Namespace, m *mount.Mount, name string) string {
	if ns.Protected != "" {
		return "its mount namespace is protected: " + ns.Protected
	}
	if ns.ID.Same(f.host.Own) {
		return "its mount namespace is our own"
	}
	if why := f.users[superblockOf(m)]; why != "" {
		return why
	}
	if at := f.engines.mountTree().At(name); at != nil && at.Path == name {
		return "its engine has something else mounted there"
	}
	a, known := f.answers[name]
	if !known {
		a.owner, a.err = f.host.Ask(ctx, name)
		f.answers[name] = a
	}
	switch {
	case a.err != nil:
		return "whose it is cannot be told: " + a.err.Error()
	case a.owner.State == ask.NoSuch, a.owner.State == ask.Stopped:
		return ""
	case a.owner.State == ask.Running:
		return fmt.Sprintf("container %s is running", a.owner.Container)
	default:
		return "whose it is cannot be told"
	}
}

// found puts together what is mounted of one superblock.
func (f *lingerer) found() []Lingering {
	byPath := make(map[string][]found)
	for _, c := range f.copies {
		byPath[c.path] = append(byPath[c.path], c)
	}
	var all []Lingering
	for name, copies := range byPath {
		owner := f.answers[name].owner
		for _, o := range f.host.fromCopies(copies) {
			l := Lingering{Owned: o, Container: owner.Container, State: Stopped, Why: owner.Why}
			if owner.State == ask.NoSuch {
				l.State = Gone
			}
			for _, c := range copies {
				if c.m.Device == o.Device && c.m.Root == o.Root {
					l.copies = append(l.copies, copyID{c.ns.ID, c.m.Device, c.m.UniqueID, c.m.OldID})
				}
			}
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b Lingering) int {
		return cmp.Or(cmp.Compare(a.Owned.Path, b.Owned.Path), cmp.Compare(a.Owned.Root, b.Owned.Root),
			cmp.Compare(a.Owned.Device.Minor, b.Owned.Device.Minor))
	})
	return all
}

// Again keeps of what lingered at an earlier look what does so at this one, by at
// least one copy that is the same mount still.
func Again(before, now []Lingering) []Lingering {
	var both []Lingering
	for _, l := range now {
		if slices.ContainsFunc(before, func(b Lingering) bool {
			return b.Owned.Path == l.Owned.Path && b.Owned.Root == l.Owned.Root &&
				slices.ContainsFunc(l.copies, func(c copyID) bool { return slices.Contains(b.copies, c) })
		}) {
			both = append(both, l)
		}
	}
	return both
}

// Namespaces are those that have it, each once.
func (l Lingering) Namespaces() []mount.NamespaceID {
	var all []mount.NamespaceID
	for _, c := range l.copies {
		if !slices.Contains(all, c.namespace) {
			all = append(all, c.namespace)
		}
	}
	return all
}

// Target is the target for something that lingers.
func (l Lingering) Target() Target {
	t := Target{
		Name: l.Owned.Path, Type: OfPath, State: l.State, Owned: []cleanup.Owned{l.Owned}, ByPlace: true,
	}
	t.Container.ID = l.Container
	if l.Owned.Kind == cleanup.Netns {
		t.Type = OfNetns
	}
	return t
}
