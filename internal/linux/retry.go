package linux

import (
	"errors"

	"golang.org/x/sys/unix"
)

// retry makes a system call until a signal no longer interrupts it.
func retry[T any](call func() (T, error)) (T, error) {
	for {
		v, err := call()
		if !errors.Is(err, unix.EINTR) {
			return v, err
		}
	}
}
