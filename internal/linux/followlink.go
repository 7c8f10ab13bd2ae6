package linux

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Opened says where something is that a process has open.
type Opened struct {
	// Major and Minor are what stat has for the device. That is the number of
	// the superblock but on btrfs, where it is the subvolume's, and on overlayfs,
	// where it can be a layer's: see HidesSuperblock.
	Major, Minor uint32
	// Mount is the id that mountinfo has for the mount it was opened on, also
	// when that is in no table any more. The kernel gives it to another mount once
	// this one is gone. 0 if unknown.
	Mount uint64
}

// FollowLink says where a link of /proc, such as /proc/1/cwd, leads to. It asks
// for no attribute at all, so that not even a FUSE that does not answer, or one
// of another user's that would refuse root, is asked for any (fuse_getattr in
// fs/fuse/dir.c). NFS and 9p may be asked whether the file is there
// (d_weak_revalidate), and before Linux 4.11 all are asked.
func FollowLink(path string) (Opened, error) {
	stat, err := statx(unix.AT_FDCWD, path, 0)
	// A seccomp filter that is older than statx answers EPERM.
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) {
		return followByDescriptor(path)
	}
	if err != nil {
		return Opened{}, &os.PathError{Op: "statx", Path: path, Err: err}
	}
	opened := Opened{Major: stat.Dev_major, Minor: stat.Dev_minor, Mount: stat.Mnt_id}
	if stat.Mask&unix.STATX_MNT_ID == 0 { // before Linux 5.8
		opened.Mount, err = tellableMountID(path)
	}
	return opened, err
}

// followByDescriptor is FollowLink without statx.
func followByDescriptor(path string) (Opened, error) {
	var old unix.Stat_t
	_, err := retry(func() (struct{}, error) { return struct{}{}, unix.Stat(path, &old) })
	if err != nil {
		return Opened{}, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	mount, err := tellableMountID(path)
	//nolint:unconvert // Dev is of 32 bits on mips
	return Opened{Major: unix.Major(uint64(old.Dev)), Minor: unix.Minor(uint64(old.Dev)), Mount: mount}, err
}

// tellableMountID is the id of the mount, 0 if the kernel does not tell.
func tellableMountID(path string) (uint64, error) {
	id, err := mountIDByDescriptor(path)
	if errors.Is(err, ErrNoMountID) {
		return 0, nil
	}
	return id, err
}
