package linux

import (
	"os"

	"golang.org/x/sys/unix"
)

// AwaitExit waits until a child has ended, and leaves it to be waited for:
// until then its number is given to nobody else.
func AwaitExit(pid int) error {
	_, err := retry(func() (struct{}, error) {
		return struct{}{}, unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
	})
	return os.NewSyscallError("waitid", err)
}
