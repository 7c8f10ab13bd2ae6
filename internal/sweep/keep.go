package sweep

import (
	"syscall"

	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/pkg/mount"
)

// keeper keeps the superblocks of which something was detached, each by a descriptor
// that is open on one of its mounts. The number of a superblock that nothing keeps goes
// to the very next one that is mounted (get_anon_bdev in fs/super.c): whatever another
// container mounts meanwhile would be taken for something that is left, and whoever uses
// it for somebody who uses what was swept.
type keeper map[mount.Device]int

// keep keeps the superblock of what a descriptor is of. If it cannot be, as ever
// something may look as if it was left.
func (k keeper) keep(device mount.Device, fd int) {
	if _, is := k[device]; is {
		return
	}
	if kept, err := linux.Duplicate(fd); err == nil {
		k[device] = kept
	}
}

// close lets go of them. What nothing else keeps has ended when it returns.
func (k keeper) close() {
	for _, fd := range k {
		_ = syscall.Close(fd) // nothing was written
	}
}
