package shim

import (
	"context"
	"os/exec"
	"sync"

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
	// Whatever the specification says, it is needed when the container has been
	// created.
	go guarded(log, func() { _, _ = created.look() }) // who needs it is told
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

// record notes what will identify the container's mounts at its end.
func (c *creation) record(pid int) {
	if c.settings.Err != nil || c.settings.SweepBudget == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.settings.SweepBudget)
	defer cancel()
	err := bounded.Run(ctx, func(ctx context.Context) error {
		described := describe(c.id, c.container, pid, c.settings.Config, c.log)
		host, err := c.look()
		if err != nil {
			return err
		}
		described.Areas = host.Roots.Areas()
		return lifecycle.Start(ctx, described)
	})
	if err != nil {
		c.log.WithField(logrus.ErrorKey, events.Brief(err)).
			Warn("the container's mounts are not recorded, and will not be looked for at its end")
	}
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
