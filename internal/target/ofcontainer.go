package target

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"

	"github.com/unbusy/unbusy/internal/statefile"
	"github.com/unbusy/unbusy/internal/victim"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// container is the target for a container that an engine knows: what was
// recorded at its start, what its specification names, what else is mounted
// under its identifiers, and what is left of that in foreign namespaces.
func (h *Host) container(c Container) (Target, error) {
	t := Target{Type: OfContainer, Container: c}
	engines := h.engines()
	var owned []cleanup.Owned
	for _, bundle := range c.Bundles {
		found, pod, err := h.fromBundle(c, bundle)
		if err != nil {
			return t, err
		}
		owned = addOwned(owned, found)
		if pod != "" {
			t.PodUID = pod
		}
	}
	for _, o := range cleanup.Others(h.Areas, engines.Mounts, nil) {
		if s, ok := h.areas().spotOf(o.Path); ok && c.owns(s) {
			h.complete(engines, &o)
			o.Kind = kindOf(&mount.Mount{FSType: o.FSType, Root: o.Root}, o.Path, o.Tail)
			owned = addOwned(owned, []cleanup.Owned{o})
		}
	}
	t.settle(h, addOwned(owned, h.fromCopies(h.copiesOf(c, owned))))
	return t, nil
}

// complete adds what is not in a mount table.
func (h *Host) complete(ns *Namespace, o *cleanup.Owned) {
	for i := range ns.Mounts {
		if o.UpperDir == "" && o.IsOriginal(ns.Mounts[i]) {
			o.UpperDir = h.layer(ns, &ns.Mounts[i])
		}
	}
}

// fromBundle is what a bundle says that the container owns, and of which pod it
// is. There need not be anything in it.
func (h *Host) fromBundle(c Container, bundle string) (owned []cleanup.Owned, pod string, err error) {
	if h.mayHang(bundle) {
		return nil, "", nil
	}
	record, err := cleanup.ReadRecord(bundle, c.ID)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, "", fmt.Errorf("what was recorded about container %s: %w", c.ID, err)
	}
	description, err := victim.Read(bundle, c.ID, firstProcess(bundle))
	if errors.Is(err, fs.ErrNotExist) {
		return record.Owned, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("the specification of container %s: %w", c.ID, err)
	}
	engines := h.engines()
	now := cleanup.Own(description, h.Areas, engines.Mounts)
	for i := range now {
		h.complete(engines, &now[i])
	}
	return addOwned(record.Owned, now), description.PodUID, nil
}

// firstProcess is the number of the container's first process, 0 if it is not
// known. containerd's shim and podman write it into the bundle.
func firstProcess(bundle string) int {
	for _, name := range []string{"init.pid", "pidfile"} {
		if pid, err := strconv.Atoi(statefile.Word(filepath.Join(bundle, name))); err == nil && pid > 0 {
			return pid
		}
	}
	return 0
}

// addOwned adds mounts that are not known yet.
func addOwned(owned, more []cleanup.Owned) []cleanup.Owned {
	for _, o := range more {
		known := false
		for i := range owned {
			k := &owned[i]
			known = known || k.Path == o.Path && k.Device == o.Device && k.Root == o.Root && k.UniqueID == o.UniqueID
		}
		if !known {
			owned = append(owned, o)
		}
	}
	return owned
}

// copiesOf finds what is mounted in foreign namespaces under the identifiers of
// a container and is not a copy of what is known already.
func (h *Host) copiesOf(c Container, known []cleanup.Owned) []found {
	var copies []found
	engines := h.engines()
	h.each(func(ns *Namespace, m *mount.Mount) {
		if ns == engines || !c.mayOwn(m.Path) {
			return
		}
		for i := range known {
			if k := &known[i]; k.Device == m.Device && k.Root == m.Root && k.FSType == m.FSType {
				return
			}
		}
		for _, s := range h.areas().spotsOf(m.Path) {
			if c.owns(s) {
				copies = append(copies, found{ns, m, s.path(), s.tail})
				return
			}
		}
	})
	return copies
}
