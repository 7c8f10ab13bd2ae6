package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/unbusy/unbusy/integration/toolbox"
)

// containerd is built without its CRI service: nothing here is a pod, and that
// is a fifth of the time it takes to build.
const (
	containerdSet = "containerd-2.4"
	containerdTag = "no_cri"
	runcSet       = "runc-1.5"
)

// prepare checks for what has to be on the machine and builds the rest.
func prepare(ctx context.Context, runtime string) error {
	phase("build containerd and runc")
	if _, err := os.Stat(runtime); err != nil {
		return fmt.Errorf("what is to be shown is not there, please run make build: %w", err)
	}
	for _, need := range []struct{ command, pkg string }{
		{"gcc", "gcc"}, {"mkfs.ext4", "e2fsprogs"}, {"busybox", "busybox-static"},
	} {
		if _, err := exec.LookPath(need.command); err != nil {
			return fmt.Errorf("please install %s (Debian's %s): %w", need.command, need.pkg, err)
		}
	}
	if _, err := toolbox.Get(ctx, containerdSet, containerdTag); err != nil {
		return err
	}
	_, err := toolbox.Get(ctx, runcSet)
	if err != nil {
		return err
	}
	phase("enter a mount namespace of our own")
	return nil
}

// phase tells on standard error what comes next.
func phase(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "==> %s\n", fmt.Sprintf(format, args...))
}
