package wrapper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/unbusy/unbusy/internal/bounded"
	"github.com/unbusy/unbusy/internal/config"
)

// What follows from a failure at start.
const (
	notRecorded = "the container's mounts are not recorded: at its end only those that are still seen will be looked for"
	notDetached = "the new container may hold other containers' mounts when those have ended"
)

// record has the container that is about to start identified. It fails open:
// whatever happens, it returns, and the container starts. With a configuration
// that was not understood, which create has said already, nothing is done: there
// will be no sweep, and what may be detached now is not known.
func (s Sweeper) record(invocation Invocation, runtime string, settings config.Config, configErr error) {
	if s.Record == nil || settings.SweepBudget == 0 || configErr != nil {
		return
	}
	container, err := find(invocation, runtime, settings)
	if errors.Is(err, fs.ErrNotExist) {
		return // which the runtime will say
	}
	if err != nil {
		container.ID = invocation.ID
		container.Log = newLog(invocation, settings).WithField("container", invocation.ID)
		container.failClosed(notRecorded, err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), settings.SweepBudget)
	defer cancel()
	recorded := make(chan func(context.Context) error, 1)
	err = bounded.Run(ctx, func(context.Context) error {
		detach, err := s.Record(container)
		recorded <- detach
		return err
	})
	if err != nil {
		container.failClosed(notRecorded, fmt.Errorf("record the container's mounts: %w", err))
		return
	}
	detach := <-recorded
	if detach == nil {
		return
	}
	if err := bounded.Run(ctx, detach); err != nil {
		container.failClosed(notDetached, fmt.Errorf("detach other containers' mounts: %w", err))
	}
}
