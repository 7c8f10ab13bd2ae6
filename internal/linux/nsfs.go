package linux

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// MountNamespace is what the kernel says about a mount namespace: struct
// mnt_ns_info of include/uapi/linux/nsfs.h, Linux 6.12.
type MountNamespace struct {
	size uint32
	// Mounts is how many mounts there are in it, counting the one below its
	// root that no process sees.
	Mounts uint32
	// ID is the namespace's number. None is given twice. It is no age: since Linux
	// 6.18 each CPU takes its numbers from a batch of its own (gen_cookie_next of
	// include/linux/cookie.h).
	ID uint64
}

// Request numbers of include/uapi/linux/nsfs.h. Architectures have one of two
// layouts for them (include/uapi/asm-generic/ioctl.h, and the one of powerpc,
// mips and sparc), and NS_GET_USERNS, which carries no data, shows which.
var (
	getInfo     = mountNamespaceRequest(10)
	getNext     = mountNamespaceRequest(11)
	getPrevious = mountNamespaceRequest(12)
)

func mountNamespaceRequest(number uintptr) uintptr {
	read := uintptr(2) << 30
	if unix.NS_GET_USERNS>>16 != 0 {
		read = 2 << 29
	}
	return read | unsafe.Sizeof(MountNamespace{})<<16 | 0xb7<<8 | number
}

// MountNamespaceInfo describes the mount namespace of an nsfs descriptor. The
// error is ENOTTY before Linux 6.12.
func MountNamespaceInfo(fd int) (MountNamespace, error) {
	_, info, err := askMountNamespace(fd, getInfo)
	return info, err
}

// NextMountNamespace opens the mount namespace that follows that of an nsfs
// descriptor. ENOENT says that there is none; EPERM that this process
// may not see all (it has a pid namespace of its own, or is not privileged: see
// may_see_all_namespaces in kernel/nscommon.c); ENOTTY that the kernel is older
// than 6.12. Namespaces that the caller could not administer are passed over.
func NextMountNamespace(fd int) (int, MountNamespace, error) {
	return askMountNamespace(fd, getNext)
}

// PreviousMountNamespace is NextMountNamespace in the other direction.
func PreviousMountNamespace(fd int) (int, MountNamespace, error) {
	return askMountNamespace(fd, getPrevious)
}

func askMountNamespace(fd int, request uintptr) (int, MountNamespace, error) {
	info := MountNamespace{size: uint32(unsafe.Sizeof(MountNamespace{}))}
	got, err := retry(func() (uintptr, error) {
		r, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(&info)))
		if errno != 0 {
			return 0, errno
		}
		return r, nil
	})
	if err != nil {
		return -1, MountNamespace{}, os.NewSyscallError("ioctl", err)
	}
	return int(got), info, nil
}

// IsNamespace reports whether a descriptor is one of a namespace, of whichever
// kind.
func IsNamespace(fd int) (bool, error) {
	var fs unix.Statfs_t
	_, err := retry(func() (struct{}, error) { return struct{}{}, unix.Fstatfs(fd, &fs) })
	if err != nil {
		return false, os.NewSyscallError("fstatfs", err)
	}
	return fs.Type == unix.NSFS_MAGIC, nil
}
