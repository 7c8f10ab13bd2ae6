package hook

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/unbusy/unbusy/internal/bounded"
	"github.com/unbusy/unbusy/internal/lifecycle"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// ended detaches what other mount namespaces hold of a container that was
// deleted. Its engine still has it mounted: runtimes call the hook at the end of
// their delete (runc libcontainer/state_linux.go, destroy), podman after that
// (libpod container_internal.go, postDeleteHooks).
//
// The status is 0: for any other runc's delete writes an error to its standard
// error, which an engine takes for runc's own.
func ended(ctx context.Context, c call) int {
	s, err := c.readState(ctx)
	if err != nil {
		c.badInput(err)
		c.failClosed(notSwept, state{}, err)
		return 0
	}
	if c.settings.SweepBudget == 0 {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, c.settings.SweepBudget)
	defer cancel()
	container := c.container(s)
	c.log = container.Log
	if err := bounded.Run(ctx, func(ctx context.Context) error { return c.sweep(ctx, s, container) }); err != nil {
		c.failClosed(notSwept, s, err)
	}
	return 0
}

// sweep sweeps once for what was recorded. Without a record there is nothing: a
// shim may have removed it because it has swept, and a hook that did not come so
// far as to write it said so.
func (c call) sweep(ctx context.Context, s state, container lifecycle.Container) error {
	_, err := cleanup.ReadRecord(s.Bundle, s.ID)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case c.settings.Err != nil:
		return c.settings.Err // what the operator wants is not known
	case s.Status != "stopped":
		return fmt.Errorf("the runtime says that the container is %q", s.Status)
	}
	owned, err := lifecycle.OwnedBefore(container)
	if err != nil {
		return err
	}
	if len(owned) > 0 {
		err = lifecycle.Sweep(ctx, container, owned)
	}
	// Also if it was given up: what was left behind may still act.
	return errors.Join(err, forget(s.Bundle))
}

// forget removes a container's record, so that whatever else is called at its end
// has nothing to do. At its next start it gets a new one.
func forget(bundle string) error {
	dir, err := os.OpenRoot(bundle)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := dir.Remove(cleanup.RecordName); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
