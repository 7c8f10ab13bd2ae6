package mountns

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/unbusy/unbusy/internal/linux"
	"golang.org/x/sys/unix"
)

// Why a mount was not detached.
var (
	// ErrGone says that the path does not lead to a mount any more.
	ErrGone = errors.New("the mount is not there any more")
	// ErrOtherMount says that the path leads to another mount, one that covers
	// the wanted one or came in its place.
	ErrOtherMount = errors.New("another mount is there")
	// ErrLocked says that the mount came into its namespace together with others
	// from one of another user namespace, and cannot be taken out alone by anyone
	// (MNT_LOCKED in fs/namespace.c). Removing its mountpoint where it came from
	// still detaches it.
	ErrLocked = errors.New("the mount is locked in its namespace")
	// ErrUnidentified says that nothing was given to tell the mount by, or that
	// the kernel has no unique ids.
	ErrUnidentified = errors.New("the mount cannot be told from others")
)

// Target is a mount that is to be detached.
type Target struct {
	// Path is where it is, as Mount.Path.
	Path string
	// UniqueID is its Mount.UniqueID, 0 if that is unknown. Then Check has to say
	// whether it is the one.
	UniqueID uint64
	// Check, if not nil, is called inside the namespace when the mount is open
	// and has the right id, and nothing but detaching it is left to do. The
	// descriptor is opened by O_PATH on the root of the mount. An error prevents
	// the detaching and is returned.
	Check func(fd int) error
}

// Detach detaches a mount, and what is mounted below it, from the namespace. It
// disappears from there at once; what is in use of it goes on until it is not
// any more. It acts on the mount that has the right identity, never on what else
// its path may lead to by now: then the error satisfies errors.Is for ErrGone or
// ErrOtherMount. Symbolic links in the path are not followed.
//
// What is mounted over the mount after Check has returned is detached in its
// stead, since the kernel goes from a mount to what covers it (LOOKUP_MOUNTPOINT
// in fs/namei.c): something its namespace's processes have just put there. The
// error is then ErrOtherMount, too, where the kernel has unique ids.
//
// Whether detaching here takes the mount away elsewhere is decided by the
// propagation of the mount it is mounted on, which is for the caller to look at.
// What is mounted below it goes from this namespace alone: for that the mount is
// made private first, and is so if it then turns out to be locked.
// The root of a namespace is refused.
//
// Walking the path can hang: see the package comment.
func (ns *Namespace) Detach(target Target) error {
	const flags = unix.MNT_DETACH
	failed := func(op string, flags int, err error) error {
		return &MountError{Op: op, Target: target.Path, Flags: flags, Err: err}
	}
	if target.UniqueID == 0 && target.Check == nil {
		return failed("identify", 0, ErrUnidentified)
	}
	return ns.enter(func(proc *procDir) error {
		fd, err := linux.OpenPath(unix.AT_FDCWD, target.Path)
		if err != nil {
			return failed("open", 0, meaning(err))
		}
		defer unix.Close(fd)
		isRoot, err := target.identify(fd)
		if err != nil {
			return failed("identify", 0, err)
		}
		if err := refuseRoot(fd); err != nil {
			return failed("identify", 0, err)
		}
		if target.Check != nil {
			if err := target.Check(fd); err != nil {
				return failed("check", 0, err)
			}
		}
		if err := linux.ChangeDirectory(proc.fd); err != nil {
			return failed("umount2", flags, err)
		}
		// What came onto it since the check, from its peers for one, goes with it.
		// Elsewhere that stays.
		if err := linux.MakePrivate(proc.descriptor(fd)); err != nil {
			return failed("make private", 0, err)
		}
		if err := linux.Unmount(proc.descriptor(fd), flags); err != nil {
			// Of what the kernel answers EINVAL to (can_umount in fs/namespace.c), a
			// mount that is known to be one, and in this namespace, can only be
			// locked; or it was detached since.
			if errors.Is(err, unix.EINVAL) && isRoot && ns.has(target) {
				err = fmt.Errorf("%w: %w", ErrLocked, err)
			}
			return failed("umount2", flags, err)
		}
		if ns.byNumber && target.UniqueID != 0 && ns.has(target) {
			return failed("umount2", flags, ErrOtherMount)
		}
		return nil
	})
}

// meaning puts an error of opening the path in terms of the mount.
func meaning(err error) error {
	// ENOTDIR and ELOOP: something that is not a directory, a symbolic link for
	// one, has come into the path.
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return err
}

// identify reports by an error that a descriptor is not of the target.
// isRoot says that it surely is that of a mount's root.
func (t *Target) identify(fd int) (isRoot bool, err error) {
	isRoot, known, err := linux.IsMountRoot(fd)
	if err != nil && !errors.Is(err, unix.ENOSYS) {
		return false, err
	}
	if known && !isRoot {
		return false, ErrGone
	}
	if t.UniqueID == 0 {
		return isRoot, nil
	}
	switch id, err := linux.UniqueMountID(fd); {
	case errors.Is(err, linux.ErrNoMountID) || errors.Is(err, unix.ENOSYS):
		return false, fmt.Errorf("%w: %w", ErrUnidentified, err)
	case err != nil:
		return false, err
	case id != t.UniqueID:
		return false, fmt.Errorf("%w: id %d, not %d", ErrOtherMount, id, t.UniqueID)
	}
	return isRoot, nil
}

// errRoot is the error for the root of a namespace.
var errRoot = errors.New("it is the root of its namespace")

// refuseRoot is an error if a descriptor is of the directory that the calling
// thread has for its root: in an entered namespace, the namespace's. On kernels
// that do not tell mounts apart, that is any mount of the same directory.
func refuseRoot(fd int) error {
	opened, err := linux.PlaceOfFile(fd)
	if err != nil {
		return err
	}
	root, err := linux.PlaceOf("/")
	if err != nil {
		return err
	}
	if opened == root {
		return errRoot
	}
	return nil
}

// has reports whether the target is in the namespace, as far as can be told
// without its path.
func (ns *Namespace) has(target Target) bool {
	if !ns.byNumber || target.UniqueID == 0 {
		return true
	}
	var reader linux.MountReader
	_, err := reader.Stat(ns.Unique, target.UniqueID, linux.MountBasic)
	return !errors.Is(err, unix.ENOENT)
}
