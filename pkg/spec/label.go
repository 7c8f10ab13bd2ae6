package spec

import (
	"bytes"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

const selinuxLabel = "security.selinux"

// copyLabel gives a new file the SELinux label of the old one, where there is
// one and the directory's default is another.
func copyLabel(from, to *os.File) error {
	want, err := readLabel(from)
	if err != nil || want == nil {
		return err
	}
	have, err := readLabel(to)
	if err != nil || bytes.Equal(have, want) {
		return err
	}
	return os.NewSyscallError("fsetxattr "+selinuxLabel,
		unix.Fsetxattr(int(to.Fd()), selinuxLabel, want, 0))
}

// readLabel returns nil for a file without a label.
func readLabel(f *os.File) ([]byte, error) {
	label := make([]byte, 4096) // a page is the kernel's limit for a context
	n, err := unix.Fgetxattr(int(f.Fd()), selinuxLabel, label)
	switch {
	case err == nil:
		return label[:n], nil
	case errors.Is(err, unix.ENODATA), errors.Is(err, unix.ENOTSUP):
		return nil, nil
	default:
		return nil, os.NewSyscallError("fgetxattr "+selinuxLabel, err)
	}
}
