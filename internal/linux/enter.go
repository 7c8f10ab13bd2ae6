package linux

import (
	"os"

	"golang.org/x/sys/unix"
)

// EnterMountNamespace moves the calling thread into the mount namespace of an
// nsfs descriptor; its root and working directory become the namespace's root.
// The thread has to be locked to its goroutine and is no good for anything else
// afterwards. Because the kernel refuses threads that share their directories
// (mntns_install in fs/namespace.c), it gets its own first.
func EnterMountNamespace(fd int) error {
	_, err := retry(func() (struct{}, error) { return struct{}{}, unix.Unshare(unix.CLONE_FS) })
	if err != nil {
		return os.NewSyscallError("unshare", err)
	}
	_, err = retry(func() (struct{}, error) { return struct{}{}, unix.Setns(fd, unix.CLONE_NEWNS) })
	return os.NewSyscallError("setns", err)
}

// ChangeDirectory makes a descriptor the working directory of the calling
// thread, which has to have one of its own: see EnterMountNamespace.
func ChangeDirectory(fd int) error {
	_, err := retry(func() (struct{}, error) { return struct{}{}, unix.Fchdir(fd) })
	return os.NewSyscallError("fchdir", err)
}
