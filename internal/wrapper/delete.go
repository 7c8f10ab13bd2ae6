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
	container Container
	prepare   func(Container) (sweep func(context.Context) error, err error)
	// left is what is left of the budget.
	left time.Duration
}

// deletion reads who it is that is deleted, before the runtime forgets it. It reports
// false if nothing is to be swept, or if that is not certain: the process can then
// become the runtime, as for any other command.
func (s Sweeper) deletion(invocation Invocation, runtime string, settings config.Config, configErr error) (deletion, bool) {
	if s.Prepare == nil || settings.SweepBudget == 0 {
		return deletion{}, false
	}
	began := time.Now()
	container, err := find(invocation, runtime, settings)
	if errors.Is(err, fs.ErrNotExist) {
		return deletion{}, false
	}
	if err == nil {
		err = configErr // what the operator wants is not known
	}
	if err != nil {
		container.ID = invocation.ID
		container.Log = newLog(invocation, settings).WithField("container", invocation.ID)
		container.failClosed(notSwept, err)
		return deletion{}, false
	}
	return deletion{container, s.Prepare, settings.SweepBudget - time.Since(began)}, true
}

// run has the runtime delete the container, as a child, and sweeps after it. It
// returns the exit status, about which nobody but the runtime decides. If the
// child could not be started it reports false.
func (d *deletion) run(runtime string, args []string) (status int, ran bool) {
	child, ran := startChild(runtime, args)
	if !ran {
		return 0, false
	}
	// A runtime takes some milliseconds, of which these take one.
	sweep, failed := d.prepared()
	ended, err := child.wait()
	switch {
	case err != nil:
		d.container.failClosed(notSwept, err)
		return exitUnknown, true
	case ended != 0:
		return endAs(ended), true
	}
	if sweep != nil {
		failed = d.after(child, sweep)
	}
	if failed != nil {
		d.container.failClosed(notSwept, failed)
	}
	return 0, true
}

// prepared lets go of what the caller waits for and returns the sweep, nil if there
// is to be none.
func (d *deletion) prepared() (func(context.Context) error, error) {
	if err := letGo(); err != nil {
		return nil, err
	}
	began := time.Now()
	defer func() { d.left -= time.Since(began) }()
	ctx, cancel := context.WithTimeout(context.Background(), d.left)
	defer cancel()
	prepared := make(chan func(context.Context) error, 1)
	err := bounded.Run(ctx, func(context.Context) error {
		sweep, err := d.prepare(d.container)
		prepared <- sweep
		return err
	})
	if err != nil {
		return nil, err
	}
	return <-prepared, nil
}

// after sweeps when the runtime has deleted the container.
func (d *deletion) after(child *child, sweep func(context.Context) error) error {
	// The state that was read is the one that the runtime removed, and no new
	// container has the name yet.
	if _, err := os.Lstat(d.container.file); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the runtime still has the container: %s", d.container.file)
	}
	// A signal ends it: the runtime has done what it was called for.
	ctx, cancel := context.WithTimeout(child.unwanted, d.left)
	defer cancel()
	return bounded.Run(ctx, sweep)
}

// notSwept is what follows from a failure at delete.
const notSwept = "the ended container's mounts may still be held in other mount namespaces"

// failClosed says, loudly and where it can be found, that nothing more is
// unmounted for the container, and what follows from that.
func (c Container) failClosed(consequence string, err error) {
	events.Report(c.Log, consequence, err,
		events.Event{Kind: events.FailedClosed, Program: program, Container: c.ID, Bundle: c.Bundle})
}
