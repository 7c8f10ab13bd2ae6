package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/target"
)

// defaultTimeout is how long who and sweep may take. They take milliseconds; what
// makes them wait is a file system or an engine that does not answer.
const defaultTimeout = 10 * time.Second

func timeoutFlag() cli.Flag {
	return &cli.DurationFlag{Name: "timeout", Usage: "how long the whole command may take", Value: defaultTimeout}
}

// host is what the commands look at.
type host struct {
	settings config.Config
	stderr   io.Writer
}

// openHost makes sure that the caller may look at other mount namespaces.
func openHost(stderr io.Writer) (*host, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("looking into other mount namespaces needs root")
	}
	settings, err := loadConfig(stderr)
	if err != nil {
		return nil, err
	}
	return &host{settings: settings, stderr: stderr}, nil
}

// proc reports whether the configuration wants /proc to be searched.
func (h *host) proc() bool { return h.settings.Namespaces == config.NamespacesProc }

func (h *host) lister() *mountns.Lister {
	if h.proc() {
		return mountns.NewProcLister()
	}
	return mountns.NewLister()
}

// look reads all mount tables.
func (h *host) look(ctx context.Context, warn func(error)) (*target.Host, error) {
	found, err := findRoots(ctx, h.settings, warn)
	if err != nil {
		return nil, err
	}
	seen, err := target.Look(ctx, h.lister(), found.Roots)
	if err != nil {
		return nil, fmt.Errorf("look at the mount namespaces: %w", err)
	}
	return seen, nil
}

// resolve finds what words mean, all of them or none.
func (h *host) resolve(ctx context.Context, words []string) ([]target.Target, error) {
	var targets []target.Target
	err := h.within(ctx, func(warn func(error)) error {
		seen, err := h.look(ctx, warn)
		if err != nil {
			return err
		}
		found := make([]target.Target, 0, len(words))
		for _, word := range words {
			t, err := seen.Resolve(ctx, word)
			if err != nil {
				return err
			}
			found = append(found, t)
		}
		targets = found
		return nil
	})
	if err != nil {
		return nil, err
	}
	return targets, nil
}

// timeLimit gives a command the time that --timeout allows.
func timeLimit(ctx context.Context, command *cli.Command) (context.Context, context.CancelFunc, error) {
	limit := command.Duration("timeout")
	if limit <= 0 {
		return nil, nil, fmt.Errorf("--timeout %s leaves no time", limit)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("gave up after %s", limit))
	return ctx, cancel, nil
}

// within calls f and returns when it does, or when ctx ends: f can be stuck in a
// system call for good. What f warns of is said when it is over, and not if it failed
// for want of time: then the error says everything.
func (h *host) within(ctx context.Context, f func(warn func(error)) error) error {
	type outcome struct {
		warnings []error
		err      error
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		o.err = f(func(warning error) { o.warnings = append(o.warnings, warning) })
		done <- o
	}()
	select {
	case o := <-done:
		if o.err != nil && ctx.Err() != nil {
			return o.err
		}
		for _, warning := range o.warnings {
			warn(h.stderr, warning)
		}
		return o.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
