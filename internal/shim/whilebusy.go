package shim

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/unbusy/unbusy/internal/lifecycle"
	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/internal/sweep"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

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
	deleted, forget := d.deleter.runtime.deleted(d.described.ID)
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
	err := d.within(func(ctx context.Context) error {
		return lifecycle.Sweep(ctx, d.described, []cleanup.Owned{*d.rootfs})
	})
	if err == nil {
		return
	}
	d.abandoned = errors.Is(err, sweep.ErrAbandoned)
	// If the root file system has been unmounted in between, nothing more may be
	// detached on the strength of it; what is left is looked for afterwards.
	if d.abandoned || d.isMounted() {
		d.failClosed(err)
	}
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
