package oldrule

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Program is the name under which a program that calls [Enter] first becomes
// another one under the rule: "under-old-rule SOCKET COMMAND [ARGUMENT...]".
const Program = "under-old-rule"

// Enter does nothing unless the program was called as [Program]. Then it hands
// its calls over to whoever listens on the socket, becomes the command, and
// does not return.
func Enter() {
	if filepath.Base(os.Args[0]) != Program {
		return
	}
	fmt.Fprintln(os.Stderr, "under-old-rule:", become(os.Args[1:]))
	os.Exit(126) //nolint:forbidigo // this process was to be another program
}

func become(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("needs a socket and a command, and was given %q", args)
	}
	path, err := exec.LookPath(args[1])
	if err != nil {
		return err
	}
	socket, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: args[0], Net: "unix"})
	if err != nil {
		return err
	}
	calls, err := filter()
	if err != nil {
		return fmt.Errorf("filter calls: %w", err)
	}
	if _, _, err := socket.WriteMsgUnix([]byte{0}, unix.UnixRights(calls), nil); err != nil {
		return fmt.Errorf("hand calls over: %w", err)
	}
	// The kernel answers ENOSYS once nobody has the descriptor any more, so this
	// process must not keep it.
	if err := unix.Close(calls); err != nil {
		return err
	}
	// From here on calls are answered, and none before the other side has them.
	if _, err := socket.Read(make([]byte, 1)); err != nil {
		return fmt.Errorf("wait for the other side: %w", err)
	}
	return unix.Exec(path, args[1:], os.Environ())
}
