package linux

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// MountIDAt is the id that mountinfo has for the mount which path, that may be a
// link of /proc, leads to. Every kernel tells. No file system is asked about what
// is there, but following the path can ask some: for a link of /proc, NFS and 9p
// (d_weak_revalidate).
func MountIDAt(path string) (uint64, error) {
	id, err := mountIDByPath(path)
	if withoutMountID(err) {
		id, err = mountIDByDescriptor(path)
	}
	if err != nil {
		return 0, &os.PathError{Op: "identify", Path: path, Err: err}
	}
	return id, nil
}

// mountIDByPath is MountIDAt since Linux 5.8. It asks for no attributes: a FUSE of
// another user's would refuse them even to root (fuse_getattr in fs/fuse/dir.c),
// and the id comes unasked (vfs_statx in fs/stat.c).
func mountIDByPath(path string) (uint64, error) {
	stat, err := statx(unix.AT_FDCWD, path, 0)
	if err != nil {
		return 0, err
	}
	if stat.Mask&unix.STATX_MNT_ID == 0 {
		return 0, ErrNoMountID
	}
	return stat.Mnt_id, nil
}

// mountIDByDescriptor is MountIDAt on older kernels.
func mountIDByDescriptor(path string) (uint64, error) {
	fd, err := retry(func() (int, error) { return unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0) })
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	return mountIDInProc(fd)
}

// mountIDInProc is MountID on older kernels, by the /proc of the calling thread.
func mountIDInProc(fd int) (uint64, error) {
	name := "/proc/self/fdinfo/" + strconv.Itoa(fd)
	text, err := os.ReadFile(name)
	if err != nil {
		// Not wrapped: what does not exist is procfs, not what the caller asks about.
		return 0, fmt.Errorf("read about a descriptor: %v", err) //nolint:errorlint // see above
	}
	for line := range bytes.Lines(text) {
		if number, ok := bytes.CutPrefix(line, []byte("mnt_id:")); ok {
			return strconv.ParseUint(string(bytes.TrimSpace(number)), 10, 64)
		}
	}
	return 0, fmt.Errorf("%s: %w", name, ErrNoMountID)
}

// UniqueMountIDAt is the unique id of the mount that path leads to, as
// [MountIDAt] follows it.
func UniqueMountIDAt(path string) (uint64, error) {
	stat, err := statx(unix.AT_FDCWD, path, unix.STATX_MNT_ID_UNIQUE)
	if err == nil && stat.Mask&unix.STATX_MNT_ID_UNIQUE == 0 {
		err = ErrNoMountID
	}
	if err != nil {
		return 0, &os.PathError{Op: "identify", Path: path, Err: err}
	}
	return stat.Mnt_id, nil
}
