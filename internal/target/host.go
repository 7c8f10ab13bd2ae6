package target

import (
	"context"
	"errors"
	"fmt"

	"github.com/unbusy/unbusy/internal/engine"
	"github.com/unbusy/unbusy/internal/engine/ask"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

// Namespace is a mount namespace as it was seen once.
type Namespace struct {
	ID     mount.NamespaceID
	Mounts []mount.Mount
	// Protected says who lives there for whose sake nothing may be unmounted,
	// empty if nobody does.
	Protected string
	// Engine says that an engine of this host lives there.
	Engine bool

	tree *tree
}

// Host is what was seen of this host at one moment.
type Host struct {
	Roots []roots.Root
	Areas []spec.Area
	// Namespaces are all that can be seen; Own is the caller's.
	Namespaces []Namespace
	Own        mount.NamespaceID
	// Incomplete says what could not be looked at.
	Incomplete []string
	// Ask asks engines about containers.
	Ask Asker
	// UpperDir reads the writable layer of an overlay file system's mount.
	UpperDir func(mount.NamespaceID, mount.Mount) (string, error)

	containers []Container
	listed     bool
	layers     map[Device]string
	parsed     *areas
}

// Look reads the mount tables of all namespaces, which asks no file system
// anything. An error says that the namespaces of engines are not known, or what is
// mounted there.
//
// Whoever has a namespace can make its table take minutes to read, by mounting one
// thing on the other thousands of times: the kernel walks the whole way for every
// path. Of foreign namespaces only so much is read as there is time for.
func Look(ctx context.Context, lister *mountns.Lister, found []roots.Root) (*Host, error) {
	h := &Host{Roots: found, Areas: roots.Result{Roots: found}.Areas()}
	h.UpperDir = func(id mount.NamespaceID, m mount.Mount) (string, error) { return upperDir(lister, id, m) }
	h.Ask = func(ctx context.Context, path string) (ask.Owner, error) { return ask.OwnerOf(ctx, path, found) }
	own, err := lister.Own()
	if err != nil {
		return nil, err
	}
	defer own.Close()
	h.Own = own.ID
	expected, err := engine.FindProtected(ctx, lister)
	if err != nil {
		return nil, err
	}
	patience := newPatience(ctx)
	cut := make(map[mount.NamespaceID]bool)
	for ns, err := range lister.All() {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			h.Incomplete = append(h.Incomplete, err.Error())
			continue
		}
		var mounts []mount.Mount
		if _, is := expected.Why(ns.ID); is || ns.Same(h.Own) || lister.Proc() {
			mounts, err = ns.Mounts(mountns.Query{})
		} else if mounts, err = patience.mounts(ns); errors.Is(err, errTooLong) {
			cut[ns.ID] = true
			h.Incomplete = append(h.Incomplete, err.Error())
			err = nil
		}
		if err != nil {
			h.Incomplete = append(h.Incomplete, err.Error())
			continue
		}
		h.Namespaces = append(h.Namespaces, Namespace{ID: ns.ID, Mounts: mounts})
	}
	// Once more, for engines that have come to one of the namespaces meanwhile.
	protected, err := engine.FindProtected(ctx, lister)
	if err != nil {
		return nil, err
	}
	for i := range h.Namespaces {
		ns := &h.Namespaces[i]
		ns.Protected, _ = protected.Why(ns.ID)
		ns.Engine = protected.HasEngine(ns.ID)
		if ns.Protected != "" && cut[ns.ID] {
			return nil, fmt.Errorf("an engine has come to %s, which was not read completely: %s", ns.ID, ns.Protected)
		}
	}
	if h.at(h.Own) == nil {
		return nil, fmt.Errorf("the mount table of %s, our own, cannot be read", h.Own)
	}
	return h, nil
}

// areas finds the mount areas of paths.
func (h *Host) areas() *areas {
	if h.parsed == nil {
		h.parsed = newAreas(h.Areas)
	}
	return h.parsed
}

func upperDir(lister *mountns.Lister, id mount.NamespaceID, m mount.Mount) (string, error) {
	ns, err := lister.Open(id)
	if err != nil {
		return "", err
	}
	defer ns.Close()
	return ns.UpperDir(m)
}

// layer is the writable layer of an overlay file system, which is the same for
// all of its mounts, empty if it cannot be read.
func (h *Host) layer(ns *Namespace, m *mount.Mount) string {
	if m.FSType != "overlay" {
		return ""
	}
	if dir, known := h.layers[m.Device]; known {
		return dir
	}
	dir, err := h.UpperDir(ns.ID, *m)
	if err != nil {
		return "" // of another mount it can perhaps be read
	}
	if h.layers == nil {
		h.layers = make(map[Device]string)
	}
	h.layers[m.Device] = dir
	return dir
}

// at is the namespace with an identity, nil if it was not seen.
func (h *Host) at(id mount.NamespaceID) *Namespace {
	for i := range h.Namespaces {
		if h.Namespaces[i].ID.Same(id) {
			return &h.Namespaces[i]
		}
	}
	return nil
}

// engines is the namespace in which engines mount: our own if one lives there or
// none anywhere, else the first that has one. Whoever runs unbusy runs it where
// the engine's paths mean the same.
func (h *Host) engines() *Namespace {
	own := h.at(h.Own)
	if own == nil || own.Engine {
		return own
	}
	for i := range h.Namespaces {
		if h.Namespaces[i].Engine {
			return &h.Namespaces[i]
		}
	}
	return own
}

// isHosts reports whether mounts of a namespace are somebody's who is not asked
// for: an engine's, PID 1's, or those of whoever calls.
func (h *Host) isHosts(ns *Namespace) bool { return ns.Protected != "" || ns.ID.Same(h.Own) }
