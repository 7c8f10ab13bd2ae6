package linux

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// maxComponents bounds the walk of OpenPath. Mountpoints are paths of at most
// PATH_MAX bytes where they are made.
const maxComponents = unix.PathMax / 2

// OpenPath opens path below the directory dir by O_PATH: the file itself is
// neither read nor asked for, and need not be readable. No symbolic link is
// followed, and none of /proc: one in the middle is ELOOP or ENOTDIR, and one
// at the end is ELOOP or opened as a link. Mounts are crossed. A ".." is EINVAL.
//
// Looking up the names can wait for a file system in the path for ever, FUSE
// for one, and no signal but SIGKILL, if that, ends it.
func OpenPath(dir int, path string) (int, error) {
	fd, err := openPath(dir, path)
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

func openPath(dir int, path string) (int, error) {
	if slices.Contains(strings.Split(path, "/"), "..") {
		return -1, unix.EINVAL
	}
	fd, err := openInOneCall(dir, path)
	// A seccomp filter that is older than the call answers EPERM, and a path
	// that grew by renaming is too long for one call only.
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENAMETOOLONG) {
		return openByComponents(dir, path)
	}
	return fd, err
}

// openInOneCall is OpenPath since Linux 5.6.
func openInOneCall(dir int, path string) (int, error) {
	how := unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	}
	path = strings.TrimLeft(path, "/")
	if path == "" {
		path = "."
	}
	return retry(func() (int, error) { return unix.Openat2(dir, path, &how) })
}

// openByComponents is OpenPath on older kernels.
func openByComponents(dir int, path string) (int, error) {
	names := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	if len(names) > maxComponents {
		return -1, fmt.Errorf("%d components: %w", len(names), unix.ENAMETOOLONG)
	}
	flags := unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC
	at, err := retry(func() (int, error) { return unix.Openat(dir, ".", flags|unix.O_DIRECTORY, 0) })
	for i, name := range names {
		if err != nil {
			return -1, err
		}
		only := flags
		if i < len(names)-1 {
			only |= unix.O_DIRECTORY
		}
		next, openErr := retry(func() (int, error) { return unix.Openat(at, name, only, 0) })
		unix.Close(at)
		at, err = next, openErr
	}
	return at, err
}
