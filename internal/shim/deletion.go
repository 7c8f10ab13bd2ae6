package shim

import (
	"context"
	"errors"
	"time"

	"github.com/unbusy/unbusy/internal/bounded"
	"github.com/unbusy/unbusy/internal/events"
	"github.com/unbusy/unbusy/internal/lifecycle"
	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/internal/sweep"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// deletion is the deletion of a container whose mounts are to be let go.
type deletion struct {
	deleter   deleter
	container container
	described lifecycle.Container
	// rootfs is the container's root file system, nil if that is not its own.
	rootfs *cleanup.Owned
	// watch is that of the root file system, nil if there is none.
	watch *linux.UnmountWatch
	// ended says that the watch has said so, which it does once.
	ended bool
	pod   pod
	// ofPod is what else the container owns, which other containers of its pod may
	// use.
	ofPod []cleanup.Owned
	// rest is what is still being looked for of that, nil if nothing is.
	rest <-chan rest
	// left is what is left of the time that everything together may take.
	left time.Duration
	// abandoned says that a process that looked had to be left behind.
	abandoned bool
}

// around calls what deletes the container and lets its mounts go: afterwards, or
// while the deletion cannot unmount its root file system. It returns that
// function's error and no other.
func (d *deletion) around(remove func() error) error {
	if d == nil {
		return remove()
	}
	if d.watch != nil {
		// The kernel lets all readers of watches pass first, which can take
		// milliseconds (fsnotify_destroy_group in fs/notify/group.c).
		defer func() { go d.watch.Close() }()
	}
	stop := d.whileBusy()
	err := remove()
	guarded(d.described.Log, stop)
	switch {
	case err == nil:
		guarded(d.described.Log, d.after)
	case d.abandoned:
		d.forget()
	}
	return err
}

// sweep lets go what it can of the time that is left, and reports whether
// nothing went wrong.
func (d *deletion) sweep(owned []cleanup.Owned) bool {
	err := d.within(func(ctx context.Context) error { return lifecycle.Sweep(ctx, d.described, owned) })
	if err != nil {
		// A child that was left behind may still act.
		d.abandoned = errors.Is(err, sweep.ErrAbandoned)
		d.failClosed(err)
	}
	return err == nil
}

// within calls f for no longer than what is left of the time.
func (d *deletion) within(f func(context.Context) error) error {
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), d.left)
	defer cancel()
	err := bounded.Run(ctx, f)
	d.left -= time.Since(began)
	return err
}

// failClosed says, loudly and where it can be found, that nothing more is
// unmounted for the container.
func (d *deletion) failClosed(err error) {
	c := d.described
	events.Report(c.Log, "the ended container's mounts may still be held in other mount namespaces", err,
		events.Event{Kind: events.FailedClosed, Program: program, Container: c.ID, Bundle: c.Bundle})
}
