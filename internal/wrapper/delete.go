package wrapper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/unbusy/unbusy/internal/bounded"
	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/events"
)

// deletion is a delete that is followed by a sweep.
type deletion struct {
	// prepared has what is prepared while the runtime deletes the container.
	prepared <-chan preparation
}

// preparation is what a sweep has to know.
type preparation struct {
	container Container
	sweep     func(context.Context) error // nil if there is nothing to sweep
	err       error
	// left is what is left of the budget.
	left time.Duration
}

// deletion begins to find out what is to be swept after a delete. It reports false
// if nothing is, or if that is not certain: the process can then become the
// runtime, as for any other command.
func (s Sweeper) deletion(invocation Invocation, runtime string, settings config.Config, configErr error) (deletion, bool) {
	if s.Prepare == nil || settings.SweepBudget == 0 {
		return deletion{}, false
	}
	// The runtime is going to remove it.
	found, err := find(invocation, runtime, settings)
	if errors.Is(err, fs.ErrNotExist) {
		return deletion{}, false
	}
	if err == nil {
		err = configErr // what the operator wants is not known
	}
	if err != nil {
		unread(invocation, settings).failClosed(err)
		return deletion{}, false
	}
	prepared := make(chan preparation, 1)
	go func() { prepared <- s.prepare(found) }()
	return deletion{prepared}, true
}

// prepare reads what the sweep has to know. A panic would take the runtime along.
func (s Sweeper) prepare(found known) (p preparation) {
	defer func() {
		if r := recover(); r != nil {
			p = preparation{container: unread(found.invocation, found.settings), err: fmt.Errorf("panic: %v", r)}
		}
	}()
	budget := found.settings.SweepBudget
	began := time.Now()
	container, err := found.read()
	if err != nil {
		return preparation{container: container, err: err}
	}
	ctx, cancel := context.WithTimeout(context.Background(), budget)
	defer cancel()
	prepared := make(chan func(context.Context) error, 1)
	err = bounded.Run(ctx, func(context.Context) error {
		sweep, err := s.Prepare(container)
		prepared <- sweep
		return err
	})
	if err != nil {
		return preparation{container: container, err: err}
	}
	return preparation{container: container, sweep: <-prepared, left: budget - time.Since(began)}
}

// run has the runtime delete the container, as a child, and sweeps after it. It
// returns the exit status, about which nobody but the runtime decides. If the
// child could not be started it reports false.
func (d deletion) run(runtime string, args []string) (status int, ran bool) {
	child, err := startChild(runtime, args)
	if err != nil {
		return 0, false
	}
	ended, err := child.wait()
	p := <-d.prepared
	if p.err != nil {
		p.container.failClosed(p.err)
	}
	switch {
	case err != nil:
		p.container.failClosed(err)
		return exitUnknown, true
	case ended != 0:
		return endAs(ended), true
	case p.err != nil || p.sweep == nil:
		return 0, true
	}
	if err := p.after(child); err != nil {
		p.container.failClosed(err)
	}
	return 0, true
}

// after sweeps when the runtime has deleted the container.
func (p preparation) after(child *child) error {
	if err := letGo(); err != nil {
		return err
	}
	// The state that was read is the one that the runtime removed, and no new
	// container has the name yet.
	if _, err := os.Lstat(p.container.file); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the runtime still has the container: %s", p.container.file)
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.left)
	defer cancel()
	go func() {
		<-child.signals
		cancel() // the runtime has done what it was called for
	}()
	return bounded.Run(ctx, p.sweep)
}

// failClosed says, loudly and where it can be found, that nothing more is
// unmounted for the container.
func (c Container) failClosed(err error) {
	events.Report(c.Log, "the ended container's mounts may still be held in other mount namespaces", err,
		events.Event{Kind: events.FailedClosed, Program: program, Container: c.ID, Bundle: c.Bundle})
}
