package mountns

import (
	"errors"
	"fmt"
	"os"

	"github.com/unbusy/unbusy/internal/linux"
	"golang.org/x/sys/unix"
)

// Namespace is a mount namespace that is kept open. It and all mounts in it go
// on for as long as that, also if nobody else has it any more: hold it briefly.
type Namespace struct {
	ID
	fd int
	// byNumber says that the kernel reads the table if given a number. If not,
	// views are where it can be read.
	byNumber bool
	views    []view
}

// Close lets go of the namespace. There is nothing in it that could fail.
func (ns *Namespace) Close() {
	unix.Close(ns.fd)
}

// Keep returns the namespace once more, open beyond the loop body that it came to.
// The caller closes it.
func (ns *Namespace) Keep() (*Namespace, error) {
	fd, err := linux.Duplicate(ns.fd)
	if err != nil {
		return nil, err
	}
	kept := *ns
	kept.fd = fd
	return &kept, nil
}

// File is another descriptor of the namespace, such as a child process can be
// given. The caller closes it.
func (ns *Namespace) File() (*os.File, error) {
	fd, err := linux.Duplicate(ns.fd)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), ns.String()), nil
}

// errNotMountNamespace is the error for a descriptor of something else.
var errNotMountNamespace = errors.New("not a mount namespace")

// FromFile is the namespace of a descriptor, such as Namespace.File returns. The
// file stays the caller's.
func (l *Lister) FromFile(file *os.File) (*Namespace, error) {
	fd, err := linux.Duplicate(int(file.Fd()))
	if err != nil {
		return nil, err
	}
	ns, err := l.adopt(fd)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file.Name(), err)
	}
	return ns, nil
}

// adopt makes a Namespace of a descriptor, which it closes if that fails.
func (l *Lister) adopt(fd int) (*Namespace, error) {
	id, err := identify(fd)
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &Namespace{ID: id, fd: fd, byNumber: !l.proc}, nil
}

// identify tells which mount namespace a descriptor is of.
func identify(fd int) (ID, error) {
	if is, err := linux.IsNamespace(fd); err != nil {
		return ID{}, err
	} else if !is {
		return ID{}, errNotMountNamespace
	}
	// Only namespaces of mounts have their type in this answer; the call is older
	// than the next one (Linux 4.11), which only they understand.
	kind, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE)
	if err == nil && kind != unix.CLONE_NEWNS {
		return ID{}, errNotMountNamespace
	}
	id, err := inode(fd)
	if err != nil {
		return ID{}, err
	}
	// Before Linux 6.12 there is no number, and nothing else to be done.
	if info, err := linux.MountNamespaceInfo(fd); err == nil {
		id.Unique = info.ID
	}
	return id, nil
}

// inode is the part of the identity that every kernel has.
func inode(fd int) (ID, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return ID{}, os.NewSyscallError("fstat", err)
	}
	return ID{Inode: stat.Ino}, nil
}

// openNamespace opens a link like /proc/self/ns/mnt.
func (l *Lister) openNamespace(link string) (*Namespace, error) {
	fd, err := unix.Open(link, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: link, Err: err}
	}
	ns, err := l.adopt(fd)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", link, err)
	}
	return ns, nil
}
