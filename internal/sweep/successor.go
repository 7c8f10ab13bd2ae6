package sweep

import (
	"errors"
	"slices"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// errSuccessor is why copies stay of what may be the next run's file system.
var errSuccessor = errors.New("the engine has mounted something in its place since")

// noSuccessor fails if the engine has mounted something in the place of a mount that
// is gone, and has done so since its namespace was looked at: what was seen elsewhere
// after that can be a copy of the new mount, with the number and the layer of the old
// one.
func (d *detacher) noSuccessor(o cleanup.Owned) error {
	known := slices.IndexFunc(d.view.scene.Namespaces, func(n cleanup.Namespace) bool { return n.ID.Same(d.view.scene.Engine) })
	if known < 0 || o.Path == "" {
		return nil
	}
	ns, err := d.open(d.view.scene.Engine)
	if err != nil {
		return err
	}
	defer ns.Close()
	now, err := ns.Mounts(mountns.Query{Device: func(device mountns.Device) bool { return device == o.Device }})
	if err != nil {
		return err
	}
	before := d.view.scene.Namespaces[known].Mounts
	for _, m := range now {
		seen := func(old mount.Mount) bool {
			return old.Path == m.Path && old.OldID == m.OldID && (old.UniqueID == 0 || m.UniqueID == 0 || old.UniqueID == m.UniqueID)
		}
		if m.Path == o.Path && m.Device == o.Device && !slices.ContainsFunc(before, seen) {
			return errSuccessor
		}
	}
	return nil
}
