package linux

import (
	"os"

	"golang.org/x/sys/unix"
)

// SendDatagram sends one message to a local datagram socket and never waits: a
// message for a receiver that does not keep up is an error, EAGAIN.
func SendDatagram(socket string, message []byte) error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	_, err = retry(func() (struct{}, error) {
		return struct{}{}, unix.Sendto(fd, message, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, &unix.SockaddrUnix{Name: socket})
	})
	return os.NewSyscallError("sendto", err)
}
