package linux

import (
	"encoding/binary"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// UnmountWatch waits for the end of a file system: not of one of its mounts, but
// of the last thing of all that keeps it, wherever that is. It does not keep the
// file system itself.
type UnmountWatch struct{ fd int }

// WatchUnmount watches the file system that is mounted at path by the mount with
// the given unique id; 0 stands for whatever mount is there. The error satisfies
// errors.Is(err, ErrOtherMount) if it is another one. Users have few watches
// (fs.inotify.max_user_instances): EMFILE is an answer to be reckoned with.
//
// The caller has to be sure that the file system answers.
func WatchUnmount(path string, mount uint64) (*UnmountWatch, error) {
	root, err := openMount(path, mount)
	if err != nil {
		return nil, err
	}
	defer unix.Close(root) // it would keep the mount busy
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("inotify_init1", err)
	}
	// IN_UNMOUNT comes unasked; something has to be asked for, and a root
	// directory is never deleted.
	_, err = unix.InotifyAddWatch(fd, "/proc/self/fd/"+strconv.Itoa(root), unix.IN_DELETE_SELF)
	if err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("inotify_add_watch", err)
	}
	return &UnmountWatch{fd}, nil
}

// Gone reports whether the file system has ended. The kernel says so before the
// system call returns that took the last mount away (fsnotify_sb_delete in
// fs/super.c), unless a process that is ending kept it.
func (w *UnmountWatch) Gone() bool {
	const header = unix.SizeofInotifyEvent // the events of a directory itself have no name
	var buffer [16 * header]byte
	n, err := retry(func() (int, error) { return unix.Read(w.fd, buffer[:]) })
	if err != nil {
		return false
	}
	for event := buffer[:n]; len(event) >= header; event = event[header:] {
		const mask = 4 // struct inotify_event: wd, mask, cookie, len
		if binary.NativeEndian.Uint32(event[mask:])&unix.IN_UNMOUNT != 0 {
			return true
		}
	}
	return false
}

// Close gives the watch up.
func (w *UnmountWatch) Close() { unix.Close(w.fd) }
