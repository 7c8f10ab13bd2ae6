package shim

import (
	"context"
	"fmt"
	"os/exec"
	"sync"
	"sync/atomic"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/bounded"
	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/events"
	"github.com/unbusy/unbusy/internal/lifecycle"
	"github.com/unbusy/unbusy/internal/protect"
)

// creation is a container that is being created.
type creation struct {
	container
	id       string
	settings protect.Settings
	log      *logrus.Entry
	// look looks at the host, once.
	look func() (protect.Host, error)
}

// prepareCreation rewrites the specification of a container. A container that is
// restored has the mounts that it was checkpointed with.
func prepareCreation(ctx context.Context, r *taskapi.CreateTaskRequest, log *logrus.Entry) *creation {
	c, err := containerOf(ctx, r)
	if err != nil {
		return nil // which the inner service will say
	}
	settings := protect.Load()
	settings.Roots = append(settings.Roots, rootsOf(c.bundle)...)
	created := &creation{id: r.GetID(), settings: settings, log: log}
	created.look = sync.OnceValues(func() (protect.Host, error) { return protect.Look(settings.Config) })
	if r.GetCheckpoint() == "" {
		protect.Rewrite(protect.Container{
			Bundle: c.bundle, Runtime: executable(c.runtime),
			Settings: settings, Log: log, Program: program,
			Look: created.look,
		})
	}
	c.recorded = make(chan struct{})
	created.container = c
	return created
}

// around calls what creates the container, and notes meanwhile or afterwards what will
// identify its mounts at its end. recorded is closed when that is over, which may be
// after around has returned.
func (c *creation) around(runtime *monitor, create func() (pid int, err error)) error {
	detaches := lifecycle.DetachesAtCreate(c.settings.Config)
	creating, forget := runtime.creating(c.id)
	created, early := make(chan struct{}), make(chan bool, 1)
	go func() {
		all := false
		guarded(c.log, func() {
			select {
			case <-creating:
				// Who detaches has to know the container's process.
				all = !detaches && c.recordEarly()
			case <-created:
			}
		})
		early <- all
	}()
	pid, err := create()
	close(created)
	forget()
	if err != nil {
		<-early // it writes into the bundle, which is going to be removed
		return err
	}
	go func() {
		defer close(c.recorded)
		if !<-early {
			guarded(c.log, func() { c.record(pid) })
		}
	}()
	if detaches {
		<-c.recorded
	}
	return nil
}

// recordEarly is record while the runtime creates the container, and reports whether
// that was possible: it takes twenty times as long and leaves a processor idle, which
// those need who are told of the container.
func (c *creation) recordEarly() bool {
	all := false
	err := c.described(0, func(_ context.Context, container lifecycle.Container) (err error) {
		all, err = lifecycle.RecordEarly(container)
		return err
	})
	return err == nil && all
}

// What follows from a failure at a container's creation.
const (
	notRecorded = "the container's mounts are not recorded: at its end only those that are still seen will be looked for"
	notDetached = "the new container may hold other containers' mounts when those have ended"
)

// record notes what will identify the container's mounts at its end, and detaches
// others' from it if that is configured.
func (c *creation) record(pid int) {
	var recorded atomic.Bool // also by what goes on when the time is over
	err := c.described(pid, func(ctx context.Context, container lifecycle.Container) error {
		detach, err := lifecycle.Start(container)
		if err != nil {
			return fmt.Errorf("record the container's mounts: %w", err)
		}
		recorded.Store(true)
		if detach == nil {
			return nil
		}
		if err := detach(ctx); err != nil {
			return fmt.Errorf("detach other containers' mounts: %w", err)
		}
		return nil
	})
	switch {
	case err == nil:
	case recorded.Load():
		c.failClosed(notDetached, err)
	default:
		c.failClosed(notRecorded, err)
	}
}

// failClosed says, loudly and where it can be found, what is not done for the
// container, and what follows from that.
func (c *creation) failClosed(consequence string, err error) {
	events.Report(c.log, consequence, err,
		events.Event{Kind: events.FailedClosed, Program: program, Container: c.id, Bundle: c.bundle})
}

// described calls f with the container, within the time that there is for that.
func (c *creation) described(pid int, f func(context.Context, lifecycle.Container) error) error {
	if c.settings.Err != nil || c.settings.SweepBudget == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.settings.SweepBudget)
	defer cancel()
	return bounded.Run(ctx, func(ctx context.Context) error {
		described := describe(c.id, c.container, pid, c.settings.Config, c.log)
		host, err := c.look()
		if err != nil {
			return err
		}
		described.Areas = host.Roots.Areas()
		return f(ctx, described)
	})
}

// describe is a container as its mounts' beginning and end are told of it.
func describe(id string, c container, pid int, settings config.Config, log *logrus.Entry) lifecycle.Container {
	return lifecycle.Container{ID: id, Bundle: c.bundle, PID: pid, Settings: settings, Log: log, Launch: launch}
}

// executable is the path of a runtime that may be given by its name, as go-runc
// finds it.
func executable(runtime string) string {
	if path, err := exec.LookPath(runtime); err == nil {
		return path
	}
	return runtime
}
