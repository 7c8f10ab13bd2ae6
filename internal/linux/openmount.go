package linux

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ErrOtherMount says that something else is mounted than what was asked about.
var ErrOtherMount = errors.New("another mount is there")

// openMount opens, by O_PATH, what path leads to if it is on the mount with the
// given unique id; 0 stands for whatever mount is there. As long as it is open the
// mount is busy.
func openMount(path string, mount uint64) (int, error) {
	fd, err := retry(func() (int, error) {
		return unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: path, Err: err}
	}
	if mount == 0 {
		return fd, nil
	}
	id, err := UniqueMountID(fd)
	if err == nil && id != mount {
		err = fmt.Errorf("%s: %w", path, ErrOtherMount)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}
