package linux

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Inherited lists the descriptors that a program executed now would get, other
// than the three standard ones. Of a program that opens its own for itself
// only, as Go does, these are the ones that it was started with.
func Inherited() ([]int, error) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil, err
	}
	var inherited []int
	for _, entry := range entries {
		fd, err := strconv.Atoi(entry.Name())
		if err != nil || fd <= 2 {
			continue
		}
		// The descriptor of the directory itself is gone by now.
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err == nil && flags&unix.FD_CLOEXEC == 0 {
			inherited = append(inherited, fd)
		}
	}
	return inherited, nil
}
