package host

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// networkOf opens the network namespace of a process, which lasts as long as it
// is open.
func networkOf(pid int) (*os.File, error) {
	return os.Open(filepath.Join("/proc", strconv.Itoa(pid), "ns/net"))
}

// startWithin starts a command in a network namespace, which is that of the thread
// that starts it.
func startWithin(namespace *os.File, cmd *exec.Cmd) error {
	runtime.LockOSThread()
	own, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer own.Close()
	err = unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET)
	if err == nil {
		err = cmd.Start()
	}
	if back := unix.Setns(int(own.Fd()), unix.CLONE_NEWNET); back != nil {
		return errors.Join(err, back) // no other goroutine may have this thread
	}
	runtime.UnlockOSThread()
	return err
}
