package shim

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/events"
	"github.com/unbusy/unbusy/internal/lifecycle"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// after lets go what is left when the container is deleted.
func (d *deletion) after() {
	if d.abandoned {
		d.forget()
		return
	}
	if d.container.hasState() {
		d.failClosed(errors.New("the runtime still has the container: " + d.container.state))
		return
	}
	if err := d.complete(); err != nil {
		d.failClosed(err)
		return
	}
	var owned []cleanup.Owned
	// The others may have been deleted meanwhile, each by a process of its own.
	podLeft := len(d.ofPod) > 0 && !d.pod.ended()
	if podLeft {
		d.described.Log.Info("other containers of the pod are left: its mounts are not looked for")
	} else {
		owned = d.ofPod
	}
	if d.rootfs != nil && !d.letMountpointGo() {
		owned = append(owned, *d.rootfs)
	}
	swept := len(owned) == 0 || d.sweep(owned)
	if swept {
		d.nameUsers()
	}
	if d.abandoned || !podLeft {
		d.forget()
	}
}

// forget removes the record, so that what containerd calls next has nothing to do:
// there is one time for both, and a process that was left behind may still act.
func (d *deletion) forget() {
	_ = os.Remove(filepath.Join(d.container.bundle, cleanup.RecordName)) // it goes with the bundle
}

// letMountpointGo reports whether the root file system has ended, if need be with
// the directory that it was mounted on.
func (d *deletion) letMountpointGo() bool {
	return d.gone() || d.removeMountpoint() && d.gone()
}

// gone reports whether the root file system has ended, as far as that can be
// told.
func (d *deletion) gone() bool {
	d.ended = d.ended || d.watch != nil && d.watch.Gone()
	return d.ended
}

// nameUsers says who keeps a root file system that has not ended although
// everything was let go that may be.
func (d *deletion) nameUsers() {
	if d.watch == nil || d.gone() {
		return
	}
	err := d.within(func(ctx context.Context) error {
		return lifecycle.NameUsers(ctx, d.described, []cleanup.Owned{*d.rootfs})
	})
	if err != nil {
		d.described.Log.WithField(logrus.ErrorKey, events.Brief(err)).Info("who keeps the ended container's root file system is not known")
	}
}
