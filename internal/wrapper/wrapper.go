package wrapper

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/log"
)

// Exit statuses of a wrapper that could not become the runtime: the shell's.
const (
	exitNotExecutable = 126
	exitNotFound      = 127
)

// Main protects the container that is about to start, if one is, and becomes
// the wrapped runtime. It returns only if that is impossible, with the exit
// status.
//
// It must be called on the process's first thread. The kernel keeps
// PR_SET_PDEATHSIG by thread, and containerd's shim sets it on the runtimes it
// starts: executed from another thread, the runtime would outlive its caller.
func Main(args []string) int {
	if len(args) == 0 { // execve allows it before Linux 5.18
		args = []string{program}
	}
	invocation := ParseInvocation(args[1:])
	settings, unknown, configErr := config.Load(config.DefaultPath)

	runtime, err := locateSelf(args[0], settings.Runtime)
	if err != nil {
		return fail(invocation, exitNotFound, err)
	}
	if invocation.StartsContainer() {
		protect(invocation, runtime, settings, unknown, configErr)
	}
	// Every other command is the runtime's alone. When a sweep comes, this is
	// where start records the container's identity and delete looks for what
	// is left of it.

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
