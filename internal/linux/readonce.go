package linux

import (
	"os"

	"golang.org/x/sys/unix"
)

// ReadOnce reads the beginning of a file by a single read, and returns how much
// there was of it. Files of /proc give as much at once as there is room for. It
// costs half of what os.ReadFile does, which asks for the size and for poll, and
// that counts where there is a file for each process.
func ReadOnce(path string, into []byte) (int, error) {
	fd, err := retry(func() (int, error) {
		return unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	})
	if err != nil {
		return 0, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	n, err := retry(func() (int, error) { return unix.Read(fd, into) })
	if err != nil {
		return 0, &os.PathError{Op: "read", Path: path, Err: err}
	}
	return n, nil
}
