package linux

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// handleForID is AT_HANDLE_FID of include/uapi/linux/fcntl.h: a handle that
// nothing needs to be opened by.
const handleForID = 0x200

// Types of file handles: FILEID_BTRFS_ of the kernel's enum fid_type, and
// OVL_FILEID_ of fs/overlayfs/overlayfs.h.
const (
	handleOfBtrfs      = 0x4d // and the two that follow
	handleOfBtrfsLast  = 0x4f
	handleOfOldOverlay = 0xfb
	handleOfOverlay    = 0xf8
)

// HidesSuperblock reports whether what path leads to is on a file system for
// which stat may have another device than mountinfo, and whose superblock can be
// asked for by Superblocks without waiting. The type of its file handle tells,
// which every file system makes up from what it has in memory: FUSE as well.
func HidesSuperblock(path string) (bool, error) {
	handle, err := nameToHandle(path, handleForID)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.5
		handle, err = nameToHandle(path, 0)
	}
	switch {
	case errors.Is(err, unix.EOPNOTSUPP):
		return true, nil // so says overlayfs where nothing else makes it answer
	case errors.Is(err, unix.EOVERFLOW), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM):
		return false, nil // a handle that is too long is none of those; the others are a seccomp filter's
	case err != nil:
		return false, &os.PathError{Op: "name_to_handle_at", Path: path, Err: err}
	}
	kind := handle.Type()
	return kind >= handleOfBtrfs && kind <= handleOfBtrfsLast ||
		kind == handleOfOverlay || kind == handleOfOldOverlay, nil
}

func nameToHandle(path string, flags int) (unix.FileHandle, error) {
	return retry(func() (unix.FileHandle, error) {
		handle, _, err := unix.NameToHandleAt(unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW|flags)
		return handle, err
	})
}

// Superblocks asks for the numbers of superblocks, as mountinfo has them. It is
// for any number of goroutines.
type Superblocks struct {
	mu     sync.Mutex
	fd     int
	fdinfo string
}

// OpenSuperblocks takes an inotify instance, of which a user has 128 on many
// hosts: the error is EMFILE if all are taken.
func OpenSuperblocks() (*Superblocks, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("inotify_init1", err)
	}
	return &Superblocks{fd: fd, fdinfo: "/proc/self/fdinfo/" + strconv.Itoa(fd)}, nil
}

// Close gives the instance back.
func (s *Superblocks) Close() error {
	return os.NewSyscallError("close", unix.Close(s.fd))
}

// Of is the number of the superblock that what path leads to is on: what the
// kernel says about a watch (inotify_fdinfo in fs/notify/fdinfo.c). To make one
// takes permission to read, and a FUSE that does not answer is asked for that
// for ever (default_permissions): see HidesSuperblock.
func (s *Superblocks) Of(path string) (major, minor uint32, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	watch, err := retry(func() (int, error) { return unix.InotifyAddWatch(s.fd, path, unix.IN_UNMOUNT) })
	if err != nil {
		return 0, 0, &os.PathError{Op: "inotify_add_watch", Path: path, Err: err}
	}
	text, err := os.ReadFile(s.fdinfo)
	// If it is gone already, its superblock is.
	_, _ = retry(func() (int, error) { return unix.InotifyRmWatch(s.fd, uint32(watch)) })
	if err != nil {
		// Not wrapped: what does not exist is procfs, not the caller's path.
		return 0, 0, fmt.Errorf("read about a watch: %v", err) //nolint:errorlint // see above
	}
	return watchedSuperblock(text)
}

// watchedSuperblock takes "inotify wd:1 ino:2 sdev:2a mask:0 ..." apart. The
// number is the kernel's own, in which the minor has 20 bits.
func watchedSuperblock(text []byte) (major, minor uint32, err error) {
	_, after, found := bytes.Cut(text, []byte(" sdev:"))
	number, _, _ := bytes.Cut(after, []byte(" "))
	device, err := strconv.ParseUint(string(number), 16, 32)
	if !found || err != nil {
		return 0, 0, fmt.Errorf("a watch is described as %q", text)
	}
	return uint32(device >> 20), uint32(device & (1<<20 - 1)), nil
}
