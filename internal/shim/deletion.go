package shim

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/unbusy/unbusy/internal/bounded"
	"github.com/unbusy/unbusy/internal/lifecycle"
	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/internal/sweep"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// deletion is the deletion of a container whose mounts are to be let go.
type deletion struct {
	deleter   deleter
	container container
	described lifecycle.Container
	// rootfs is the container's root file system, nil if that is not its own.
	rootfs *cleanup.Owned
	// watch is that of the root file system, nil if there is none.
	watch *linux.UnmountWatch
	// owned is what else the container owns.
	owned []cleanup.Owned
	// podLeft says that there is more, which other containers may use.
	podLeft bool
	// left is what is left of the time that everything together may take.
	left time.Duration
	// abandoned says that a process that looked had to be left behind.
	abandoned bool
}

// around calls what deletes the container and lets its mounts go: afterwards, or
// while the deletion cannot unmount its root file system. It returns that
// function's error and no other.
func (d *deletion) around(remove func() error) error {
	if d == nil {
		return remove()
	}
	if d.watch != nil {
		defer d.watch.Close()
	}
	stop := d.whileBusy()
	err := remove()
	guarded(d.described.Log, stop)
	if err == nil {
		guarded(d.described.Log, d.after)
	}
	return err
}

// patience is how long unmounting may take before it is looked whether it
// fails. containerd tries every 50 ms, 50 times (containerd
// core/mount/mount_linux.go).
const patience = 10 * time.Millisecond

// whileBusy lets the root file system go while containerd tries in vain to
// unmount it: a process that uses a slave copy, in whichever namespace, keeps the
// original busy. It does nothing before the runtime has deleted the container,
// nor if unmounting succeeds at once. The function that it returns ends that, and
// returns when nothing is done any more.
func (d *deletion) whileBusy() (stop func()) {
	if d.rootfs == nil {
		return func() {}
	}
	deleted, forget := d.deleter.deletes.deleted(d.described.ID)
	returned := make(chan struct{})
	var looking sync.WaitGroup
	looking.Go(func() {
		guarded(d.described.Log, func() {
			select {
			case <-deleted:
			case <-returned:
				return
			}
			select {
			case <-time.After(patience):
				d.letRootfsGo()
			case <-returned:
			}
		})
	})
	return func() {
		close(returned)
		looking.Wait()
		forget()
	}
}

// letRootfsGo detaches the copies of a root file system that is still mounted
// although the runtime does not know the container any more.
func (d *deletion) letRootfsGo() {
	if d.container.hasState() || !d.isMounted() {
		return
	}
	d.sweep([]cleanup.Owned{*d.rootfs})
}

// isMounted reports whether the engine's mount of the root file system is still
// there.
func (d *deletion) isMounted() bool {
	if d.rootfs.UniqueID == 0 {
		id, err := linux.MountIDAt(d.rootfs.Path)
		return err == nil && id == d.rootfs.OldID
	}
	id, err := linux.UniqueMountIDAt(d.rootfs.Path)
	return err == nil && id == d.rootfs.UniqueID
}

// after lets go what is left when the container is deleted.
func (d *deletion) after() {
	if d.abandoned {
		return
	}
	if d.container.hasState() {
		d.failClosed(errors.New("the runtime still has the container: " + d.container.state))
		return
	}
	owned := d.owned
	if d.rootfs != nil && !d.letMountpointGo() {
		owned = append(owned, *d.rootfs)
	}
	if len(owned) > 0 && !d.sweep(owned) || d.podLeft {
		return
	}
	// So that what containerd calls next has nothing to do.
	_ = os.Remove(filepath.Join(d.container.bundle, cleanup.RecordName)) // it goes with the bundle
}

// letMountpointGo reports whether the root file system has ended, if need be with
// the directory that it was mounted on.
func (d *deletion) letMountpointGo() bool {
	return d.gone() || d.removeMountpoint() && d.gone()
}

// gone reports whether the root file system has ended, as far as that can be
// told.
func (d *deletion) gone() bool { return d.watch != nil && d.watch.Gone() }

// sweep lets go what it can of the time that is left, and reports whether
// nothing went wrong.
func (d *deletion) sweep(owned []cleanup.Owned) bool {
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), d.left)
	defer cancel()
	err := bounded.Run(ctx, func(ctx context.Context) error { return lifecycle.Sweep(ctx, d.described, owned) })
	d.left -= time.Since(began)
	if err != nil {
		// A child that was left behind may still act.
		d.abandoned = errors.Is(err, sweep.ErrAbandoned)
		d.failClosed(err)
	}
	return err == nil
}
