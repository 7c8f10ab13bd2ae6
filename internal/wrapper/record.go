package wrapper

import (
	"context"
	"errors"
	"io/fs"

	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/bounded"
	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/events"
)

const notRecorded = "the container's mounts are not recorded, and will not be looked for at its end"

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
		newLog(invocation, settings).WithField("container", invocation.ID).
			WithField(logrus.ErrorKey, events.Brief(err)).Warn(notRecorded)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), settings.SweepBudget)
	defer cancel()
	err = bounded.Run(ctx, func(ctx context.Context) error { return s.Record(ctx, container) })
	if err != nil {
		container.Log.WithField(logrus.ErrorKey, events.Brief(err)).Warn(notRecorded)
	}
}
