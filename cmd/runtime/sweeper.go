package main

import (
	"context"

	"github.com/unbusy/unbusy/internal/lifecycle"
	"github.com/unbusy/unbusy/internal/wrapper"
)

// sweeper is what the wrapper does about containers' mounts.
func sweeper() wrapper.Sweeper {
	return wrapper.Sweeper{
		Record: func(c wrapper.Container) (func(context.Context) error, error) { return lifecycle.Start(of(c)) },
		Prepare: func(c wrapper.Container) (func(context.Context) error, error) {
			owned, err := lifecycle.OwnedBefore(of(c))
			if err != nil || len(owned) == 0 {
				return nil, err
			}
			return func(ctx context.Context) error { return lifecycle.Sweep(ctx, of(c), owned) }, nil
		},
	}
}

func of(c wrapper.Container) lifecycle.Container {
	return lifecycle.Container{ID: c.ID, Bundle: c.Bundle, PID: c.PID, Settings: c.Settings, Log: c.Log}
}
