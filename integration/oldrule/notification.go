package oldrule

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"
)

// notification is the kernel's struct seccomp_notif: a call that waits.
type notification struct {
	id          uint64
	pid         uint32
	flags       uint32
	nr          int32
	arch        uint32
	instruction uint64
	args        [6]uint64
}

// response is the kernel's struct seccomp_notif_resp.
type response struct {
	id     uint64
	value  int64
	errno  int32 // negative
	option uint32
}

// errNobody says that all processes have ended whose calls are answered.
var errNobody = errors.New("nobody is left")

// receive waits for a call.
func receive(fd int) (*notification, error) {
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	if _, err := unix.Poll(poll, -1); err != nil {
		return nil, err
	}
	if poll[0].Revents&unix.POLLIN == 0 {
		return nil, errNobody
	}
	// The kernel refuses one that is not all zero.
	call := new(notification)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(call))); errno != 0 {
		return nil, errno
	}
	return call, nil
}

// reply lets a call go on, or fail with EBUSY.
func reply(fd int, call *notification, refuse bool) error {
	answer := response{id: call.id, option: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
	if refuse {
		answer = response{id: call.id, errno: -int32(unix.EBUSY)}
	}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&answer))); errno != 0 {
		return errno
	}
	return nil
}
