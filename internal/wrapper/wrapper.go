package wrapper

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/internal/log"
	"github.com/unbusy/unbusy/internal/protect"
)

// Exit statuses of a wrapper that has none of the runtime's: the shell's.
const (
	exitUnknown       = 1
	exitNotExecutable = 126
	exitNotFound      = 127
	exitSignaled      = 128 // and the signal's number
)

// Main protects the container that is about to be created, if one is, and
// becomes the wrapped runtime. It returns, with the exit status, only if that is
// impossible, or if there was something to sweep after the runtime deleted a
// container.
func Main(args []string, sweeper Sweeper) int {
	if len(args) == 0 { // execve allows it before Linux 5.18
		args = []string{program}
	}
	invocation := ParseInvocation(args[1:])
	settings := protect.Load()

	runtime, err := locateSelf(args[0], settings.Runtime)
	if err != nil {
		return fail(invocation, exitNotFound, err)
	}
	switch {
	case invocation.StartsContainer():
		protect.Create(protect.Container{
			Bundle: invocation.Bundle, Config: invocation.Config, Runtime: runtime,
			Settings: settings, Log: newLog(invocation, settings.Config), Program: program,
		})
	case invocation.Command == "start":
		sweeper.record(invocation, runtime, settings.Config, settings.Err)
	case invocation.Command == "delete":
		if deletion, ok := sweeper.deletion(invocation, runtime, settings.Config, settings.Err); ok {
			if status, ran := deletion.run(runtime, args); ran {
				return status
			}
		}
	}
	// Every other command is the runtime's alone.
	err = execute(runtime, args)
	return fail(invocation, exitNotExecutable, fmt.Errorf("execute %s: %w", runtime, err))
}

func locateSelf(argv0, configured string) (string, error) {
	self, err := os.Stat("/proc/self/exe")
	if err != nil {
		return "", err
	}
	return locate(argv0, configured, os.Getenv("PATH"), self)
}

// execute replaces the process by the runtime, which keeps the name that the
// caller used: it stands in its usage and help texts.
func execute(path string, args []string) error {
	// containerd's shim has the runtimes that it starts end with it. One that would not
	// is better than none.
	_ = linux.KeepParentDeath()
	for {
		if err := syscall.Exec(path, args, os.Environ()); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// fail says why there is no runtime, in the two places where an engine looks
// for a runtime's reason to fail.
func fail(invocation Invocation, status int, err error) int {
	message := "unbusy-runtime: " + err.Error()
	fmt.Fprintln(os.Stderr, log.Escape(message))
	if err := log.Fail(invocation.Log, invocation.LogFormat, message); err != nil {
		fmt.Fprintln(os.Stderr, log.Escape("unbusy-runtime: "+err.Error()))
	}
	return status
}
