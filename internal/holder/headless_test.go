package holder

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/internal/linux"
)

func init() {
	if os.Getenv(asChild) != "" {
		runtime.LockOSThread() // main's goroutine stays on the first thread
	}
}

// withoutFirst does something on other threads than the first, and does not return.
// When end returns the first thread has ended.
func withoutFirst(do func(end func()) error) error {
	ending := make(chan struct{})
	go func() {
		err := do(func() {
			close(ending)
			for there := true; there; {
				_, err := os.Readlink("/proc/self/exe")
				there = err == nil
			}
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	<-ending
	_, _, errno := unix.Syscall(unix.SYS_EXIT, 0, 0, 0) // of the thread alone
	return errno
}

// headless is a child that uses a mount and goes on without its first thread.
func headless(dir string, use func(file string) error) error {
	return withoutFirst(func(end func()) error {
		return hold(dir, mountTmpfs, true, func(file string) error {
			if err := use(file); err != nil {
				return err
			}
			end()
			tids, err := linux.Numbers("/proc/self/task")
			if err == nil {
				tid = tids[1]
			}
			return err
		})
	})
}

// executeHeadless starts a program of the mount that goes on without its first
// thread, and removes it.
func executeHeadless(file string) error {
	file += ".program"
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, program, 0o700); err != nil {
		return err
	}
	cmd := exec.Command(file, "") //nolint:gosec // it is the one just written
	cmd.Env = append(os.Environ(), asChild+"=itself")
	cmd.Stdin = os.Stdin
	output, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if _, err := bufio.NewReader(output).ReadString('\n'); err != nil {
		return err
	}
	tid = cmd.Process.Pid
	return os.Remove(file)
}
