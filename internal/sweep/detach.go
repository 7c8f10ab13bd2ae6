package sweep

import (
	"context"
	"errors"
	"fmt"

	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// detacher detaches copies in the namespaces of a view.
type detacher struct {
	lister *mountns.Lister
	view   *view
	// ended are the originals that were detached here, where the engine has left
	// them behind, by OldID.
	ended map[uint64]bool
	// ours says that what the plan took for a copy was one: see proof.
	ours func(cleanup.Owned) error
	// kept keeps what is detached from giving its number away, if it is not nil.
	kept *keeper
}

// newDetacher has to be called when all tables were read.
func newDetacher(lister *mountns.Lister, v *view, owned []cleanup.Owned) *detacher {
	d := &detacher{lister: lister, view: v, ended: make(map[uint64]bool)}
	d.ours = d.proof(owned)
	return d
}

// Detach is [cleanup.Detacher]. Inside the namespace everything that the plan
// relies on is looked at again.
func (d *detacher) Detach(_ context.Context, c cleanup.Copy) error {
	ns, err := d.open(c.Namespace)
	if err != nil {
		return err
	}
	defer ns.Close()
	err = ns.Detach(mountns.Target{
		Path:     c.Mount.Path,
		UniqueID: c.Mount.UniqueID,
		Check: func(fd int) error {
			err := d.check(ns, c, fd)
			if err == nil && d.kept != nil {
				d.kept.keep(c.Mount.Device, fd)
			}
			return err
		},
	})
	if err == nil && c.Owned.IsOriginal(c.Mount) {
		d.ended[c.Mount.OldID] = true
	}
	if errors.Is(err, mountns.ErrGone) {
		return fmt.Errorf("%w: %w", cleanup.ErrGone, err)
	}
	if errors.Is(err, mountns.ErrLocked) {
		return fmt.Errorf("%w: %w", cleanup.ErrLocked, err)
	}
	return err
}

func (d *detacher) open(id mount.NamespaceID) (*mountns.Namespace, error) {
	file, ok := d.view.files[id]
	if !ok {
		return nil, fmt.Errorf("%s: %w", id, mountns.ErrNoNamespace)
	}
	return d.lister.FromFile(file)
}

// check looks at a copy once more, when nothing but detaching it is left to do.
func (d *detacher) check(ns *mountns.Namespace, c cleanup.Copy, fd int) error {
	if c.Mount.UniqueID == 0 {
		if id, err := linux.MountID(fd); err != nil {
			return fmt.Errorf("%w: %w", mountns.ErrUnidentified, err)
		} else if id != c.Mount.OldID {
			return fmt.Errorf("%w: id %d, not %d", mountns.ErrOtherMount, id, c.Mount.OldID)
		}
	}
	if want := c.Owned.FileSystemID; want != 0 {
		// A tmpfs waits for nobody.
		if id, err := linux.FileSystemID(fd); err != nil {
			return fmt.Errorf("%w: %w", mountns.ErrUnidentified, err)
		} else if id != want {
			return fmt.Errorf("%w: it shows another file system", mountns.ErrOtherMount)
		}
	}
	return outside(func() error { return d.checkPlan(ns, c) })
}

// outside runs f where the process is, for a thread that has entered a foreign
// namespace: what is called /proc there is its processes' choice.
func outside(f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return <-done
}

// checkPlan makes sure that what the plan relies on is still so.
func (d *detacher) checkPlan(ns *mountns.Namespace, c cleanup.Copy) error {
	now, parent, err := ns.Look(c.Mount)
	switch {
	case errors.Is(err, mountns.ErrGone):
		return fmt.Errorf("%w: %w", cleanup.ErrGone, err)
	case err != nil:
		return err
	case now.Device != c.Mount.Device || now.Root != c.Mount.Root:
		return fmt.Errorf("%w: it shows %s of %s", mountns.ErrOtherMount, now.Root, now.Device)
	case parent.OldID != c.Parent.OldID || parent.PeerGroup != c.Parent.PeerGroup || parent.Master != c.Parent.Master:
		return errors.New("where its unmounting would be seen has changed")
	}
	// The plan knew of everything on it, and that is gone by now.
	if covered, err := ns.Covered(now); err != nil {
		return err
	} else if covered {
		return errors.New(string(cleanup.RefuseCovered))
	}
	// Where an engine was already, the plan has only what somebody asked for by name.
	if _, known := d.view.protected.Why(ns.ID); known {
		return nil
	}
	// An engine's thread may have come here since.
	if why, is, err := d.view.protected.Recheck(ns.ID); err != nil {
		return err
	} else if is {
		return fmt.Errorf("%s: %s", cleanup.RefuseProtected, why)
	}
	return nil
}

// proof returns what says, before each detaching, whether what the plan took for a
// copy was one. An engine's mount that is there after all tables were read was there
// while they were, and its device number nobody else's. Where copies have ids that
// nobody else ever gets that is all there is to know, whatever becomes of the engine's
// mount meanwhile; elsewhere it has to be there each time.
func (d *detacher) proof(owned []cleanup.Owned) func(cleanup.Owned) error {
	if d.lister.Proc() {
		return d.stillOurs
	}
	type key struct {
		path string
		id   uint64
	}
	failed := make(map[key]error, len(owned))
	for i := range owned {
		failed[key{owned[i].Path, owned[i].UniqueID}] = d.stillOurs(owned[i])
	}
	return func(o cleanup.Owned) error { return failed[key{o.Path, o.UniqueID}] }
}

// stillOurs reports by an error that an engine's mount which was there when the
// plan was made is not any more: then a device number proves nothing. If none was
// there, none may have come.
func (d *detacher) stillOurs(o cleanup.Owned) error {
	there := false
	for i := range d.view.scene.Namespaces {
		seen := &d.view.scene.Namespaces[i]
		for j := range seen.Mounts {
			m := seen.Mounts[j]
			if !o.IsOriginal(m) {
				continue
			}
			there = true
			// What went by our own hand says nothing against its copies.
			if d.ended[m.OldID] {
				continue
			}
			ns, err := d.open(seen.ID)
			if err != nil {
				return err
			}
			err = d.sameMount(ns, m)
			ns.Close()
			if err != nil {
				return fmt.Errorf("the engine's own mount is not what it was: %w", err)
			}
		}
	}
	if there {
		return nil
	}
	return d.noSuccessor(o)
}

// sameMount reports by an error that a mount is not there any more.
func (d *detacher) sameMount(ns *mountns.Namespace, m mount.Mount) error {
	if _, _, err := ns.Look(m); err != nil {
		return err
	}
	if !d.lister.Proc() || m.UniqueID == 0 {
		return nil
	}
	// A table that was read as a text cannot tell it from another one to which all
	// its numbers went.
	unknown := m
	unknown.UniqueID = 0
	id, err := ns.UniqueID(unknown)
	if err == nil && id != m.UniqueID {
		err = mountns.ErrOtherMount
	}
	return err
}
