package hook

import (
	"context"

	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/bounded"
	"github.com/unbusy/unbusy/internal/events"
	"github.com/unbusy/unbusy/internal/lifecycle"
	"github.com/unbusy/unbusy/internal/protect"
)

// created turns on fs.may_detach_mounts, and records what will identify the
// container's mounts at its end. The runtime calls it in its own mount namespace
// when the container's namespaces are there.
//
// It unmounts nothing, whatever is configured: the container's own namespace
// still has the whole tree of the host in it, and to detach a copy there would
// detach the host's. A status other than 0 would have the runtime kill the
// container.
func created(ctx context.Context, c call) int {
	s, err := c.readState(ctx)
	if err != nil {
		c.badInput(err)
		c.log.WithField(logrus.ErrorKey, events.Brief(err)).Warn(notRecorded)
		return 0
	}
	protect.MayDetachMounts(protect.Container{
		Bundle: s.Bundle, Settings: c.settings, Log: c.log.WithField("bundle", s.Bundle), Program: program,
	})
	// Nothing is swept then.
	if c.settings.SweepBudget == 0 || c.settings.Err != nil {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, c.settings.SweepBudget)
	defer cancel()
	container := c.container(s)
	err = bounded.Run(ctx, func(context.Context) error {
		_, err := lifecycle.Record(container)
		return err
	})
	if err != nil {
		container.Log.WithField(logrus.ErrorKey, events.Brief(err)).Warn(notRecorded)
	}
	return 0
}

const notRecorded = "the container's mounts are not recorded, and will not be looked for at its end"
