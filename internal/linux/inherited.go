package linux

import "golang.org/x/sys/unix"

// Inherited lists the descriptors that a program executed now would get, other
// than the three standard ones. Of a program that opens its own for itself
// only, as Go does, these are the ones that it was started with.
func Inherited() ([]int, error) {
	var inherited []int
	err := InNumbers("/proc/self/fd", func(_ int, fds []int) {
		for _, fd := range fds {
			if fd <= 2 {
				continue
			}
			flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
			if err == nil && flags&unix.FD_CLOEXEC == 0 {
				inherited = append(inherited, fd)
			}
		}
	})
	return inherited, err
}
