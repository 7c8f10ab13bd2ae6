package target

import (
	"context"
	"time"
)

// between is how much time is between two looks for what lingers: what an engine
// is about to mount, and has not told of, is mounted by then.
const between = time.Second

// Twice returns what lingers at two looks, and what the last one skipped. If
// nothing lingers at the first one there is no other.
func Twice(ctx context.Context, look func(context.Context) ([]Lingering, []Skipped, error)) (
	both []Lingering, skipped []Skipped, err error,
) {
	before, skipped, err := look(ctx)
	if err != nil || len(before) == 0 {
		return nil, skipped, err
	}
	wait := time.NewTimer(between)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
	now, skipped, err := look(ctx)
	return Again(before, now), skipped, err
}
