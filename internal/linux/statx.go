package linux

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// ErrNoMountID says that the kernel has no such number for a mount: the unique
// one is there since Linux 6.8, the other one since 5.8 (in fdinfo, since 3.15).
var ErrNoMountID = errors.New("this kernel does not tell the mount of a descriptor")

// UniqueMountID is the unique id of the mount that a descriptor, also one
// opened by O_PATH, was opened on. No file system is asked.
func UniqueMountID(fd int) (uint64, error) {
	return mountID(fd, unix.STATX_MNT_ID_UNIQUE)
}

// MountID is the id that mountinfo has for the mount of a descriptor. The
// kernel gives it to another mount once this one is gone. Every kernel tells. No
// file system is asked, and /proc only as it is where the process is, wherever the
// calling thread has gone: see EnterMountNamespace.
func MountID(fd int) (uint64, error) {
	id, err := mountID(fd, unix.STATX_MNT_ID)
	if !withoutMountID(err) {
		return id, err
	}
	// What is called /proc in a namespace that the thread has entered is its
	// processes' choice. A goroutine that is not locked to a thread runs on one that
	// was started outside, and has the same descriptors.
	done := make(chan struct{})
	go func() {
		defer close(done)
		id, err = mountIDInProc(fd)
	}()
	<-done
	return id, err
}

// withoutMountID reports whether an error of statx leaves it to fdinfo to say which
// mount something is on.
func withoutMountID(err error) bool {
	// A seccomp filter that is older than statx answers EPERM.
	return errors.Is(err, ErrNoMountID) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM)
}

func mountID(fd int, which int) (uint64, error) {
	stat, err := statx(fd, "", which)
	if err != nil {
		return 0, os.NewSyscallError("statx", err)
	}
	if stat.Mask&uint32(which) == 0 {
		return 0, ErrNoMountID
	}
	return stat.Mnt_id, nil
}

// IsMountRoot reports whether a descriptor is that of the root of a mount.
// known is false where the kernel cannot say, before Linux 5.8.
func IsMountRoot(fd int) (is, known bool, err error) {
	stat, err := statx(fd, "", 0)
	if err != nil {
		return false, false, os.NewSyscallError("statx", err)
	}
	return stat.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0,
		stat.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT != 0, nil
}

// Place tells directories apart that may have the same name.
type Place struct {
	Device uint64
	Inode  uint64
	Mount  uint64 // as of MountID; 0 where the kernel does not tell
}

// PlaceOf is the place that path, which may be a link of /proc, leads to. It
// takes what the kernel has in its memory and asks no file system to look again;
// still NFS and 9p may be asked whether the directory is there.
func PlaceOf(path string) (Place, error) {
	place, err := placeOf(unix.AT_FDCWD, path)
	if err != nil {
		return Place{}, &os.PathError{Op: "statx", Path: path, Err: err}
	}
	return place, nil
}

// PlaceOfFile is the place that a descriptor is of.
func PlaceOfFile(fd int) (Place, error) {
	place, err := placeOf(fd, "")
	return place, os.NewSyscallError("statx", err)
}

func placeOf(fd int, path string) (Place, error) {
	stat, err := statx(fd, path, unix.STATX_INO|unix.STATX_MNT_ID)
	if errors.Is(err, unix.ENOSYS) { // before Linux 4.11
		old, err := retry(func() (old unix.Stat_t, err error) {
			if path == "" {
				return old, unix.Fstat(fd, &old)
			}
			return old, unix.Stat(path, &old)
		})
		return Place{Device: old.Dev, Inode: old.Ino}, err
	}
	if err != nil {
		return Place{}, err
	}
	place := Place{Device: unix.Mkdev(stat.Dev_major, stat.Dev_minor), Inode: stat.Ino}
	if stat.Mask&unix.STATX_MNT_ID != 0 {
		place.Mount = stat.Mnt_id
	}
	return place, nil
}

// statx looks at a descriptor, or at a path if that is not empty.
func statx(fd int, path string, mask int) (unix.Statx_t, error) {
	flags := unix.AT_STATX_DONT_SYNC | unix.AT_NO_AUTOMOUNT
	if path == "" {
		flags |= unix.AT_EMPTY_PATH
	}
	var stat unix.Statx_t
	_, err := retry(func() (struct{}, error) {
		return struct{}{}, unix.Statx(fd, path, flags, mask, &stat)
	})
	return stat, err
}
