package hook

import (
	"context"
	"fmt"

	"github.com/unbusy/unbusy/internal/bounded"
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
		c.failClosed(notRecorded, state{}, err)
		return 0
	}
	protect.MayDetachMounts(protect.Container{
		Bundle: s.Bundle, Settings: c.settings, Log: c.log.WithField("bundle", s.Bundle), Program: program,
	})
	if c.settings.SweepBudget == 0 {
		return 0
	}
	container := c.container(s)
	c.log = container.Log
	// Without a record nothing is looked for later, which nobody says then.
	if err := c.record(ctx, container); err != nil {
		c.failClosed(notRecorded, s, fmt.Errorf("record the container's mounts: %w", err))
	}
	return 0
}

// record writes the record that a later sweep relies on.
func (c call) record(ctx context.Context, container lifecycle.Container) error {
	if c.settings.Err != nil {
		return c.settings.Err // what the operator wants is not known
	}
	ctx, cancel := context.WithTimeout(ctx, c.settings.SweepBudget)
	defer cancel()
	return bounded.Run(ctx, func(context.Context) error {
		_, err := lifecycle.Record(container)
		return err
	})
}
