package linux

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// maxAttributes is the kernel's limit for the names of a file's extended
// attributes, and for the value of one (XATTR_LIST_MAX and XATTR_SIZE_MAX in
// linux/limits.h).
const maxAttributes = 64 << 10

// CopyAttributes gives a file the extended attributes of another one: its
// SELinux label, its access control list and whatever else there is. A file
// system that knows none has none to copy.
func CopyAttributes(from, to *os.File) error {
	names := make([]byte, maxAttributes)
	n, err := retry(func() (int, error) { return unix.Flistxattr(int(from.Fd()), names) })
	if errors.Is(err, unix.ENOTSUP) {
		return nil
	}
	if err != nil {
		return os.NewSyscallError("flistxattr", err)
	}
	value := make([]byte, maxAttributes)
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names[:n]), "\x00"), "\x00") {
		if name == "" {
			continue
		}
		size, err := retry(func() (int, error) { return unix.Fgetxattr(int(from.Fd()), name, value) })
		if err != nil {
			return os.NewSyscallError("fgetxattr "+name, err)
		}
		if err := unix.Fsetxattr(int(to.Fd()), name, value[:size], 0); err != nil {
			return os.NewSyscallError("fsetxattr "+name, err)
		}
	}
	return nil
}
