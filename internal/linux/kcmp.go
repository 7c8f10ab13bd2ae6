package linux

import (
	"os"

	"golang.org/x/sys/unix"
)

// What threads can share: enum kcmp_type of include/uapi/linux/kcmp.h.
const (
	kcmpFiles = 2
	kcmpFS    = 3
)

// ShareDescriptors reports whether two threads have one table of descriptors.
// The error is ENOSYS if the kernel was built without kcmp, EPERM if one of them
// may not be looked at or a seccomp filter is in the way, ESRCH if one has ended.
func ShareDescriptors(tid, other int) (bool, error) { return same(tid, other, kcmpFiles) }

// ShareDirectories reports whether two threads have one root and working
// directory. The errors are those of ShareDescriptors.
func ShareDirectories(tid, other int) (bool, error) { return same(tid, other, kcmpFS) }

func same(tid, other int, what uintptr) (bool, error) {
	order, err := retry(func() (uintptr, error) {
		order, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(tid), uintptr(other), what, 0, 0, 0)
		if errno != 0 {
			return 0, errno
		}
		return order, nil
	})
	return order == 0, os.NewSyscallError("kcmp", err)
}
