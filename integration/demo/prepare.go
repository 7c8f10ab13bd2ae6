package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/unbusy/unbusy/integration/toolbox"
)

const (
	containerdSet = "containerd-2.4"
	runcSet       = "runc-1.5"
)

// containerdTags leave out of containerd what the story has no use for: nothing
// here is a pod. With all of it, building takes twice the time.
var containerdTags = []string{"no_cri", "no_devmapper", "no_tracing", "no_zfs", toolbox.Quick}

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
	if _, err := toolbox.Get(ctx, containerdSet, containerdTags...); err != nil {
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
