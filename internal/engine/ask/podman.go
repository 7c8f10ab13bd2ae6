package ask

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// Store is a store of containers/storage, with which podman, CRI-O and buildah
// work.
type Store struct {
	GraphRoot, RunRoot string
	Driver             string // "overlay"
	TmpDir             string // podman's own, which a boot empties
}

// Podman asks podman about a container by its full id, in a store. There is no
// daemon: the program answers, named by its path, and it takes the locks of the
// store. Containers in the store that are not podman's own are known, too: those
// of CRI-O and buildah. Of these podman cannot say whether they run, and the
// answer is Running.
//
// Podman mounts the directory of the overlay driver on itself and, if no
// container is mounted, unmounts it again, as with whatever it is called for.
//
// What podman does not say by its exit status is no answer; so are a store that
// its database contradicts, and a program that is killed because ctx, or ten
// seconds, end. Where podman would take the host for just booted it is not asked.
func Podman(ctx context.Context, program string, store Store, id string) (Answer, error) {
	if !isID(id) {
		return Unknown, fmt.Errorf("%q is no full id of podman's", id)
	}
	if err := store.isAlive(); err != nil {
		return Unknown, err
	}
	_, err := store.podman(ctx, program, "container", "exists", "--external", id)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return NoSuch, nil
	}
	if err != nil {
		return Unknown, err
	}
	out, err := store.podman(ctx, program, "container", "inspect", "--format", "{{.Id}} {{.State.Status}}", id)
	if errors.As(err, &exit) {
		return Running, nil
	}
	if err != nil {
		return Unknown, err
	}
	switch strings.TrimSpace(out) {
	case id + " configured", id + " created", id + " exited", id + " stopped", id + " removing":
		return Stopped, nil
	}
	return Running, nil
}

// podman runs podman on the store.
func (s Store) podman(ctx context.Context, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	global := []string{"--root", s.GraphRoot, "--runroot", s.RunRoot, "--tmpdir", s.TmpDir, "--storage-driver", s.Driver}
	cmd := exec.CommandContext(ctx, program, append(global, args...)...)
	var stdout, stderr limited
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	// Whoever it has started may keep its output open.
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if ctx.Err() != nil {
		// Not the exit status, which is one of a program that was killed.
		return "", fmt.Errorf("ask podman: %w", context.Cause(ctx))
	}
	if err != nil {
		return "", fmt.Errorf("ask podman: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

// maxOutput is what is kept of what podman writes.
const maxOutput = 64 << 10

// limited keeps the beginning of what is written to it.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	l.Buffer.Write(p[:min(len(p), max(0, maxOutput-l.Len()))])
	return len(p), nil
}
