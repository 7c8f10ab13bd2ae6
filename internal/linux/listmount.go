package linux

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// RootMount stands for the root of a namespace in a call of ListMounts
// (LSMT_ROOT of include/uapi/linux/mount.h).
const RootMount = ^uint64(0)

// mountRequest is struct mnt_id_req of include/uapi/linux/mount.h, as of Linux
// 6.11, which added the namespace.
type mountRequest struct {
	size, spare             uint32
	mount, param, namespace uint64
}

// ListMounts writes unique ids of mounts of a namespace into ids and returns
// how many: those reachable from the mount above, without that one itself, that
// have a higher id than after, in ascending order. Unique ids rise with every
// mount that is made, so that after is also an age. If ids is full there may be
// more; the last one is where to continue.
//
// RootMount as above is the caller's root directory in its own namespace, and
// elsewhere the first mount that the kernel finds on the namespace's hidden root
// (grab_requested_root in fs/namespace.c); itself it is among the listed.
//
// The error is ENOSYS before Linux 6.8, EINVAL for namespaces before 6.11,
// ENOENT if there is no such mount or namespace, or if the caller may not
// administer it.
func ListMounts(namespace, above, after uint64, ids []uint64) (int, error) {
	if len(ids) == 0 {
		return 0, nil
	}
	request := mountRequest{mount: above, param: after, namespace: namespace}
	request.size = uint32(unsafe.Sizeof(request))
	n, err := retry(func() (int, error) {
		n, _, errno := unix.Syscall6(unix.SYS_LISTMOUNT, uintptr(unsafe.Pointer(&request)),
			uintptr(unsafe.Pointer(&ids[0])), uintptr(len(ids)), 0, 0, 0)
		if errno != 0 {
			return 0, errno
		}
		return int(n), nil
	})
	runtime.KeepAlive(ids)
	return n, os.NewSyscallError("listmount", err)
}
