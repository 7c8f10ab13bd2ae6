package ask

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/engine"
	"github.com/unbusy/unbusy/internal/roots"
)

// dockerdOf finds the socket of the dockerd of this host whose data root or exec
// root a root is. More than one may run, and each knows its own containers only:
// a question to the wrong one would be answered with "no such container". So the
// process that listens must be a dockerd of this host, must answer, and its
// directory must be the very same one.
func dockerdOf(ctx context.Context, root roots.Root) (socket string, err error) {
	running, err := engine.Running(ctx)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	var errs []error
	for _, p := range running {
		if p.Nested || p.Name != "dockerd" {
			continue
		}
		socket, err := socketOf(ctx, p, root)
		if err == nil && socket != "" {
			return socket, nil
		}
		errs = append(errs, err)
	}
	return "", fmt.Errorf("%w whose %s is %s: %w", ErrNoAnswer, root.Kind, root.Resolved, oneOf(errs))
}

// oneOf joins why each engine is not the one that was looked for.
func oneOf(errs []error) error {
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return errors.New("none that runs has it")
}

// socketOf returns a socket on which a dockerd answers, if a root is its own.
func socketOf(ctx context.Context, p engine.Process, root roots.Root) (string, error) {
	sockets, err := Sockets(p.PID)
	if err != nil {
		return "", err
	}
	var errs []error
	for _, socket := range sockets {
		if !maybeAPI(socket) {
			continue
		}
		var info struct{ DockerRootDir string }
		if err := listens(ctx, socket, p.PID); err != nil {
			errs = append(errs, err)
			continue
		}
		if err := GetDocker(ctx, socket, "/info", &info); err != nil {
			errs = append(errs, err)
			continue
		}
		dir := info.DockerRootDir
		if root.Kind == roots.ExecRoot {
			if dir, err = execRoot(p); err != nil {
				return "", err
			}
		}
		if same, err := sameDirectory(p.PID, dir, root.Resolved); err != nil || !same {
			return "", err
		}
		return socket, nil
	}
	return "", errors.Join(errs...)
}

// maybeAPI says no to the sockets of dockerd that take other words than the API
// does, and would log an error: those on which its own helpers and plugins call
// (moby daemon/libnetwork/sandbox_externalkey_unix.go and cmd/dockerd/metrics.go,
// or daemon/metrics_unix.go).
func maybeAPI(socket string) bool {
	dir, name := filepath.Split(socket)
	return filepath.Base(dir) != "libnetwork" && name != "metrics.sock"
}

// listens makes sure that a path leads to the socket that a process listens on,
// in our mount namespace as well. For a socket that systemd made it is PID 1 that
// listens.
func listens(ctx context.Context, socket string, pid int) error {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	conn, peer, err := connect(ctx, socket)
	if err != nil {
		return err
	}
	conn.Close()
	if peer != pid && peer != 1 {
		return fmt.Errorf("on %s listens process %d, not %d", socket, peer, pid)
	}
	return nil
}

// maxConfig bounds a configuration file of an engine.
const maxConfig = 1 << 20

// execRoot is the exec root of a dockerd, which the API does not tell: from its
// command line, else from its configuration file, else the default.
func execRoot(p engine.Process) (string, error) {
	args, err := p.Arguments()
	if err != nil {
		return "", err
	}
	if dir := engine.Flag(args, "--exec-root"); dir != "" {
		return dir, nil
	}
	file := engine.Flag(args, "--config-file")
	if !filepath.IsAbs(file) {
		file = "/etc/docker/daemon.json"
	}
	data, ok, err := configOf(p, file)
	if err != nil {
		return "", err
	}
	var settings struct {
		ExecRoot string `json:"exec-root"`
	}
	if ok {
		// A byte order mark is allowed (moby daemon/config/config.go).
		text := strings.TrimPrefix(string(data), "\ufeff")
		if err := json.Unmarshal([]byte(text), &settings); err != nil {
			return "", fmt.Errorf("%s: %w", file, err)
		}
	}
	if settings.ExecRoot != "" {
		return settings.ExecRoot, nil
	}
	return "/var/run/docker", nil
}

// configOf reads a configuration file where an engine has it. ok is false if
// there is none.
func configOf(p engine.Process, file string) (data []byte, ok bool, err error) {
	data, truncated, err := config.ReadFile(rootOf(p.PID)+file, maxConfig)
	if isNotExist(err) {
		return nil, false, nil
	}
	if err == nil && truncated {
		err = fmt.Errorf("%s is longer than %d bytes", file, maxConfig)
	}
	return data, err == nil, err
}
