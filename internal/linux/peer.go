package linux

import (
	"os"

	"golang.org/x/sys/unix"
)

// PeerPID is the process that has begun to listen on the other end of a
// connected unix socket, or has connected there. It is 0 if that is not in our
// pid namespace. The process can have ended or given the socket to another one:
// systemd listens for those that it starts.
func PeerPID(fd int) (int, error) {
	peer, err := retry(func() (*unix.Ucred, error) {
		return unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err != nil {
		return 0, os.NewSyscallError("getsockopt", err)
	}
	return int(peer.Pid), nil
}
