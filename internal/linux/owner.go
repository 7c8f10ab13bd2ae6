package linux

import (
	"os"

	"golang.org/x/sys/unix"
)

// OwnerOfNamespace opens the user namespace that owns the namespace of an nsfs
// descriptor. The error is EPERM if that is neither the caller's own one nor
// below it (ns_get_owner in kernel/user_namespace.c), ENOTTY before Linux 4.9.
func OwnerOfNamespace(fd int) (int, error) {
	owner, err := retry(func() (int, error) { return unix.IoctlRetInt(fd, unix.NS_GET_USERNS) })
	if err != nil {
		return -1, os.NewSyscallError("ioctl", err)
	}
	return owner, nil
}
