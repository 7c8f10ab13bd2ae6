package sweep

import (
	"context"
	"sync"
	"syscall"

	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/pkg/mount"
)

// keeper keeps the superblocks of which something was detached, each by a descriptor
// that is open on one of its mounts. The number of a superblock that nothing keeps goes
// to the very next one that is mounted (get_anon_bdev in fs/super.c): whatever another
// container mounts meanwhile would be taken for something that is left, and whoever uses
// it for somebody who uses what was swept.
type keeper struct {
	mu   sync.Mutex
	over bool
	kept map[mount.Device]int
}

// newKeeper keeps until close is called, or ctx ends: to detach the next one can hang
// beyond any signal, and what was detached before must not be kept for as long.
func newKeeper(ctx context.Context) *keeper {
	k := &keeper{kept: make(map[mount.Device]int)}
	context.AfterFunc(ctx, k.close)
	return k
}

// keep keeps the superblock of what a descriptor is of. If it cannot be, something may
// look as if it was left.
func (k *keeper) keep(device mount.Device, fd int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, is := k.kept[device]; is || k.over {
		return
	}
	if kept, err := linux.Duplicate(fd); err == nil {
		k.kept[device] = kept
	}
}

// close lets go of them. What nothing else keeps has ended when it returns.
func (k *keeper) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, fd := range k.kept {
		_ = syscall.Close(fd) // nothing was written
	}
	k.over, k.kept = true, nil
}
