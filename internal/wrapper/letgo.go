package wrapper

import (
	"fmt"
	"os"
	"syscall"

	"github.com/unbusy/unbusy/internal/linux"
)

// letGo gives up every descriptor that the process was started with: whoever
// reads the runtime's output until its end is not to wait for what is done
// after the runtime's own end.
func letGo() error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	keepFile(&os.Stdout)
	keepFile(&os.Stderr)
	for fd := range 3 {
		if err := syscall.Dup3(int(null.Fd()), fd, 0); err != nil {
			return fmt.Errorf("let go of descriptor %d: %w", fd, err)
		}
	}
	inherited, err := linux.Inherited()
	if err != nil {
		return err
	}
	for _, fd := range inherited {
		_ = syscall.Close(fd) // it is closed also if there is an error
	}
	return nil
}

// keepFile holds on to an output that is a regular file, whose end nobody waits
// for. It is opened for reading only: the log knows by it which file it must
// not write to, either.
func keepFile(output **os.File) {
	info, err := (*output).Stat()
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	if kept, err := os.Open(fmt.Sprintf("/proc/self/fd/%d", (*output).Fd())); err == nil {
		*output = kept
	}
}
