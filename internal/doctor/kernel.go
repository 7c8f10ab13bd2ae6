package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/maydetach"
)

const procfs = "/proc"

// examineKernel says which rule the kernel has for removing a directory on which
// something is mounted elsewhere.
func examineKernel(_ context.Context, h *Host) (Result, error) {
	return kernelAt(procfs, h.Config)
}

func kernelAt(proc string, settings config.Config) (Result, error) {
	release, err := readWord(filepath.Join(proc, "sys/kernel/osrelease"))
	if err != nil {
		return Result{}, err
	}
	const sysctl = "fs.may_detach_mounts"
	value, err := readWord(filepath.Join(proc, "sys/fs/may_detach_mounts"))
	exists := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Result{}, err
	}
	if !maydetach.OldRule(proc) {
		summary := release + ": a directory can be removed while something is mounted on it in other mount namespaces"
		if exists {
			summary += ", since " + sysctl + " is " + value
		}
		return Result{Summary: summary}, nil
	}
	if !exists {
		return one(Finding{
			ID: "kernel-too-old", Severity: Broken,
			Evidence: fmt.Sprintf("Linux %s refuses to remove a directory on which something is mounted in any mount namespace, and has no %s to change that",
				release, sysctl),
			Fix: "update the kernel: RHEL and CentOS 7.4 and later have the setting, Linux 3.18 and later need none",
		}), nil
	}
	off := Finding{
		ID: "may-detach-mounts-off", Severity: Broken,
		Evidence: fmt.Sprintf("Linux %s with %s=%s refuses to remove a directory on which something is mounted in any mount namespace",
			release, sysctl, value),
		Fix: "sysctl -w " + sysctl + "=1",
	}
	split, err := maydetach.Split(proc)
	switch {
	case split != "":
		off.Evidence += "; unbusy does not turn it on, because " + split + " runs in a mount namespace that its engine has left, and the engine's next start would then remove what running containers use"
		off.Fix = "take MountFlags= out of the engine's unit, restart the engine and then all containers; after that: sysctl -w " + sysctl + "=1"
	case !settings.MayDetachMounts:
		off.Evidence += "; may_detach_mounts = false in " + config.DefaultPath + " keeps unbusy from turning it on"
		off.Fix += ", or take may_detach_mounts out of " + config.DefaultPath
	default:
		off.Fix += "; unbusy does that when the next container is created under it"
	}
	return one(off), err
}

// readWord reads a file of /proc that has one word.
func readWord(path string) (string, error) {
	text, _, err := config.ReadFile(path, 256)
	if err != nil {
		var failed *os.PathError
		if errors.As(err, &failed) {
			return "", err
		}
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return strings.TrimSpace(string(text)), nil
}

func one(f Finding) Result { return Result{Findings: []Finding{f}} }
