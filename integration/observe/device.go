package observe

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Busy asks the kernel whether something claims a block device for itself, as a
// mounted file system does. The answer is what whoever wants to detach or
// format the device would get.
func Busy(device string) (bool, error) {
	for {
		fd, err := unix.Open(device, unix.O_RDONLY|unix.O_EXCL|unix.O_CLOEXEC, 0)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EBUSY):
			return true, nil
		case err != nil:
			return false, fmt.Errorf("open %s exclusively: %w", device, err)
		default:
			return false, unix.Close(fd)
		}
	}
}
