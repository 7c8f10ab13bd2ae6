package shim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	runc "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2/manager"
	"github.com/containerd/containerd/v2/pkg/shim"
	containerd "github.com/containerd/containerd/v2/version"
)

// program names the shim in logs and in the record of failures.
const program = "containerd-shim-unbusy-v2"

// runtimeType is what the shim tells containerd that it is. Users keep this
// type and name the binary by runtime_path: CRI sends the options of runc to no
// other.
const runtimeType = "io.containerd.runc.v2"

// maxBootstrap bounds what a daemon says on standard input, in bytes, as
// containerd's own code does.
const maxBootstrap = 10 << 20

// Main is the program: it starts a shim, is one, deletes what one has left
// behind, or says what it is. It returns the exit status.
func Main(version string, args []string) int {
	inv, ok := parseInvocation(args)
	switch {
	case ok && inv.version:
		fmt.Fprintf(os.Stdout, "%s:\n  Version:    %s\n  containerd: %s\n  Go version: %s\n",
			program, version, containerd.Version, containerd.GoVersion)
		return 0
	case ok && inv.action == "start":
		return start(inv)
	default:
		// Wrong arguments are containerd's to refuse.
		run(inv)
		return 0
	}
}

// run is containerd's part: it reads the command line again.
func run(inv invocation) {
	register()
	shim.RunShim(context.Background(), manager{runc.NewShimManager(runtimeType), inv.address})
}

// start starts a shim that outlives it. What the daemon reads of standard output
// and, before containerd 2, of standard error is nothing but the answer.
func start(inv invocation) int {
	input, err := io.ReadAll(io.LimitReader(os.Stdin, maxBootstrap))
	if err != nil {
		return fail(fmt.Errorf("read standard input: %w", err))
	}
	if !isOldDaemons(input, inv) {
		// It is read again there, and what makes no sense refused.
		if err := rewind(input); err != nil {
			return fail(err)
		}
		run(inv)
		return 0
	}
	address, err := startForOldDaemon(inv, input)
	if err != nil {
		return fail(err)
	}
	if _, err := os.Stdout.WriteString(address); err != nil {
		return fail(err)
	}
	return 0
}

// rewind makes standard input what has been read of it.
func rewind(input []byte) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	os.Stdin = read
	go func() {
		_, _ = io.Copy(write, bytes.NewReader(input)) // who reads less than that says so
		write.Close()
	}()
	return nil
}

// fail says on standard error why a shim could not be started, in containerd's
// words.
func fail(err error) int {
	fmt.Fprintf(os.Stderr, "%s: %s", runtimeType, err)
	return 1
}
