package linux

import (
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"
)

// FileSystemID is the number by which a file system tells itself from others, of
// the one that a descriptor, also one opened by O_PATH, is of. What it is worth is
// the file system's affair: a tmpfs has a random one of its own since Linux 5.13,
// and 0 before (shmem_statfs in mm/shmem.c); many have the number of their device.
//
// The file system is asked. One that waits for somebody keeps the caller waiting.
func FileSystemID(fd int) (uint64, error) {
	var fs unix.Statfs_t
	_, err := retry(func() (struct{}, error) { return struct{}{}, unix.Fstatfs(fd, &fs) })
	if err != nil {
		return 0, os.NewSyscallError("fstatfs", err)
	}
	var id [8]byte
	binary.NativeEndian.PutUint32(id[:4], uint32(fs.Fsid.Val[0]))
	binary.NativeEndian.PutUint32(id[4:], uint32(fs.Fsid.Val[1]))
	return binary.NativeEndian.Uint64(id[:]), nil
}

// FileSystemIDAt is the number of the file system that is mounted at path by the
// mount with the given unique id. The error satisfies errors.Is(err,
// ErrOtherMount) if it is another one, which is not asked.
func FileSystemIDAt(path string, mount uint64) (uint64, error) {
	fd, err := openMount(path, mount)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	return FileSystemID(fd)
}
