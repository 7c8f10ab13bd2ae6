package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/unbusy/unbusy/internal/install"
	"github.com/unbusy/unbusy/internal/install/containerd"
)

const checkRemovalFlag = "check-removal"

// checkRemoval tells whether unbusy's programs may be removed from a host. What
// cannot be looked at may need them.
func checkRemoval(ctx context.Context, command *cli.Command) error {
	if err := noArguments(command); err != nil {
		return err
	}
	for _, flag := range []string{"config", "dry-run"} {
		if command.IsSet(flag) {
			return fmt.Errorf("--%s means nothing with --%s", flag, checkRemovalFlag)
		}
	}
	host, err := openHostTree(command)
	if err != nil {
		return err
	}
	defer func() { _ = host.Close() }() // it was only read from
	var reasons []string
	for _, look := range []func(context.Context, *install.Host) (string, error){neededByConfiguration, neededByContainers, neededByMonitors} {
		reason, err := look(ctx, host)
		if err != nil {
			return oneLine(err)
		}
		if reason != "" {
			reasons = append(reasons, reason)
		}
	}
	if len(reasons) == 0 {
		return nil
	}
	printError(command.Root().ErrWriter, errors.New("still needed: "+strings.Join(reasons, "; ")))
	return statusError(1)
}

// neededByConfiguration names the engines whose configuration has unbusy in it.
func neededByConfiguration(ctx context.Context, host *install.Host) (string, error) {
	var names []string
	for _, e := range engines() {
		plan, err := install.Show(ctx, install.Request{Engine: e.name, Host: host}, e.uninstall)
		if err != nil {
			return "", fmt.Errorf("%s: %w", e.name, err)
		}
		if plan.Changes() {
			names = append(names, e.name)
		}
	}
	if len(names) == 0 {
		return "", nil
	}
	return fmt.Sprintf("the configuration of %s names unbusy (unbusy uninstall %s)", strings.Join(names, ", "), names[0]), nil
}

// neededByContainers names what runs under the shim, or would be deleted by the
// runtime.
func neededByContainers(ctx context.Context, host *install.Host) (string, error) {
	needing, err := containerd.StillNeeded(ctx, host)
	if err != nil || len(needing) == 0 {
		return "", err
	}
	return "these containers were started with it, and would be lost or could not be deleted: " + containerd.Named(needing), nil
}

// neededByMonitors names the monitors of podman's and CRI-O's containers that
// will call the runtime when their container ends.
func neededByMonitors(_ context.Context, host *install.Host) (string, error) {
	if host.Prefix() != "/" {
		return "", nil // what runs there cannot be seen from here
	}
	processes, err := os.ReadDir("/proc")
	if err != nil {
		return "", err
	}
	var pids []string
	for _, process := range processes {
		if _, err := strconv.Atoi(process.Name()); err != nil {
			continue
		}
		line, err := os.ReadFile(filepath.Join("/proc", process.Name(), "cmdline"))
		if err != nil {
			continue // it has ended
		}
		args := strings.Split(string(bytes.TrimRight(line, "\x00")), "\x00")
		if filepath.Base(args[0]) == "conmon" && slices.ContainsFunc(args[1:], host.IsOurs) {
			pids = append(pids, process.Name())
		}
	}
	if len(pids) == 0 {
		return "", nil
	}
	return fmt.Sprintf("%d containers of podman's or CRI-O's run under it; the first one's conmon is process %s", len(pids), pids[0]), nil
}
