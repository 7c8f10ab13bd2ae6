package linux

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// PeerPID is the process that has begun to listen on the other end of a
// connected unix socket, or has connected there. It is 0 if that is not in our
// pid namespace. The process can have ended or given the socket to another one:
// systemd listens for those that it starts.
func PeerPID(conn syscall.Conn) (pid int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	controlErr := raw.Control(func(fd uintptr) {
		var peer *unix.Ucred
		peer, err = retry(func() (*unix.Ucred, error) {
			return unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
		})
		if err == nil {
			pid = int(peer.Pid)
		}
	})
	if controlErr != nil {
		return 0, controlErr
	}
	return pid, os.NewSyscallError("getsockopt", err)
}
