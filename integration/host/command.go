package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// confined returns a command that runs in the host's cgroup from its first
// instruction, so that nothing it forks can be outside. With a network of its
// own it has nothing but a loopback device.
func (h *Host) confined(ctx context.Context, network bool, path string, args ...string) (*exec.Cmd, error) {
	_, ours, err := hierarchies()
	if err != nil {
		return nil, err
	}
	script := `echo $$ >"$0"; exec "$@"`
	attr := &syscall.SysProcAttr{Setpgid: true}
	if network {
		script = `echo $$ >"$0"; busybox ip link set lo up; exec "$@"`
		attr.Cloneflags = syscall.CLONE_NEWNET
	}
	procs := filepath.Join(ours, h.cgroup, leafOfDaemons, "cgroup.procs")
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-ec", script, procs, path}, args...)...)
	cmd.SysProcAttr = attr
	return cmd, nil
}

// Exec runs a command to its end, in the host's cgroup and with PATH extended by
// dirs, and returns its standard output. The error has what it wrote to
// standard error.
func (h *Host) Exec(dirs []string, path string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd, err := h.confined(ctx, false, path, args...)
	if err != nil {
		return "", err
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = withPath(dirs)
	// What it leaves running in the background may hold its output open.
	cmd.WaitDelay = patience
	err = cmd.Run()
	if ctx.Err() != nil {
		err = errors.Join(err, ctx.Err())
	}
	if err != nil {
		err = fmt.Errorf("%s %s: %w: %s", filepath.Base(path), strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), err
}

// withPath is the environment with directories put first in PATH.
func withPath(dirs []string) []string {
	path := strings.Join(append(dirs[:len(dirs):len(dirs)], os.Getenv("PATH")), ":")
	return append(os.Environ(), "PATH="+path)
}
