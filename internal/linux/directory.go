package linux

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Directory returns the path of the directory that path leads to, free of
// symbolic links, as the kernel walks it: links of /proc such as
// /proc/1/root included. Opening by O_PATH neither needs permission on the
// directory itself nor waits for a file system to answer about its content.
// The error is ENOTDIR for anything but a directory.
func Directory(path string) (string, error) {
	fd, err := retry(func() (int, error) {
		return unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return "", &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	dir, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	if err != nil {
		// Not wrapped: what does not exist is procfs, not the caller's path.
		return "", fmt.Errorf("name of %s: %v", path, err) //nolint:errorlint // see above
	}
	return dir, nil
}
