package holder

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/pkg/mount"
)

// Use is a process that has something open.
type Use struct {
	PID int `json:"pid"`
	// What is "cwd", "root", "exe", "fd 7" or "map", the first two and descriptors
	// with " of thread 123" after it where that thread has its own, or the first one
	// has ended.
	What string `json:"what"`
	// MountID is the id that mountinfo has for the mount it was opened on, which
	// need not be in any table any more. The kernel gives it to another mount once
	// this one is gone. 0 if unknown.
	MountID uint64 `json:"mount_id,omitempty"`
	// Device is the superblock's, as in mountinfo.
	Device mount.Device `json:"device"`
	// Path is what the kernel has for a path: from the root of the mount if that
	// is detached, and with " (deleted)" after it if the file is.
	Path string `json:"path"`
}

const (
	// maxUses bounds what is returned of one process, which may have a million
	// files open.
	maxUses = 64
	// maxThreads bounds how many threads of a process are looked at that do not
	// share its directories.
	maxThreads = 1024
)

// Uses finds what processes have open on superblocks that devices says so of:
// working and root directories, programs, descriptors and mapped files, the last
// each once, and at most 64 things of one process. They are sorted by process.
//
// If among is not nil, only these processes are looked at. What this process itself has
// open is no use.
//
// Processes that end meanwhile are passed over. With an error that satisfies
// errors.Is(err, ErrIncomplete) comes what was found nevertheless; so it is when
// ctx ends, also if the kernel does not answer for a process then.
//
// Threads with descriptors of their own are found only where the kernel has kcmp.
// On overlayfs and btrfs, where stat has other devices, this needs an inotify
// instance.
func Uses(ctx context.Context, devices func(mount.Device) bool, among []int) ([]Use, error) {
	pids := among
	if pids == nil {
		var err error
		if pids, err = linux.Numbers("/proc"); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrIncomplete, err)
		}
	}
	pids = slices.DeleteFunc(slices.Clone(pids), func(pid int) bool { return pid == os.Getpid() })
	f := &finder{
		devices: devices,
		devs:    newDevices(),
		// Before, it shows the device of a layer's file (show_map_vma in
		// fs/proc/task_mmu.c).
		mapsTell: linux.ReleaseAtLeast(6, 8),
	}
	uses, err := collect(ctx, pids, f.look, f.devs.close)
	slices.SortStableFunc(uses, func(a, b Use) int { return cmp.Compare(a.PID, b.PID) })
	return uses, err
}
