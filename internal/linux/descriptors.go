package linux

import (
	"os"

	"golang.org/x/sys/unix"
)

// RoomForDescriptors makes room for numbers up to the given one in this process'
// table of descriptors. When a process with threads comes to the end of it, at 64,
// 128 and so on, the kernel makes a larger one and waits until no processor uses the
// other, which takes some milliseconds each time (expand_fdtable in fs/file.c).
// Descriptors that need no room can be opened meanwhile.
func RoomForDescriptors(most int) error {
	null, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: os.DevNull, Err: err}
	}
	defer unix.Close(null)
	fd, err := unix.FcntlInt(uintptr(null), unix.F_DUPFD_CLOEXEC, most)
	if err != nil {
		return os.NewSyscallError("fcntl", err)
	}
	unix.Close(fd)
	return nil
}

// Duplicate opens what a descriptor is of once more, under a number that is not passed
// on to programs that are executed.
func Duplicate(fd int) (int, error) {
	another, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	return another, os.NewSyscallError("fcntl", err)
}
