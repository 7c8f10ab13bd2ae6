package wrapper

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/moby/sys/mountinfo"
	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/events"
	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/internal/maydetach"
	"github.com/unbusy/unbusy/internal/rewrite"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/pkg/spec"
)

// protection is what happens before a container is created.
type protection struct {
	invocation Invocation
	settings   config.Config
	bundle     string
	log        *logrus.Entry
}

// protect rewrites the container's specification and turns on
// may_detach_mounts. It fails open: whatever happens, it returns, and the
// container starts with the specification it had.
func protect(invocation Invocation, runtime string, settings config.Config, unknown []string, configErr error) {
	p := protection{invocation: invocation, settings: settings, log: newLog(invocation, settings)}
	defer func() {
		if r := recover(); r != nil {
			p.failOpen(fmt.Errorf("panic: %v", r))
		}
	}()

	// Resolved as the runtime's chdir would: "link/.." is not the directory that
	// the link is in.
	bundle, err := linux.Directory(cmp.Or(invocation.Bundle, "."))
	if err != nil {
		p.bundle = invocation.Bundle
		p.failOpen(err)
		return
	}
	p.bundle = bundle
	p.log = p.log.WithField("bundle", bundle)
	if len(unknown) > 0 {
		p.log.Warnf("%s: unknown keys: %s", config.DefaultPath, strings.Join(unknown, ", "))
	}
	if configErr != nil {
		// What the operator excluded is not known: nothing is rewritten.
		p.failOpen(configErr)
		return
	}
	p.mayDetachMounts()
	p.rewrite(runtime)
}

func (p protection) mayDetachMounts() {
	if !p.settings.MayDetachMounts {
		return
	}
	switch on, err := maydetach.TurnOn("/proc"); {
	case errors.Is(err, maydetach.ErrSplit):
		p.log.WithError(err).Warn("fs.may_detach_mounts is left off")
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		// A rootless or nested engine cannot, and need not, change the host's
		// kernel.
	case err != nil:
		p.failed("fs.may_detach_mounts could not be turned on", err)
	case on:
		p.log.Info("turned on fs.may_detach_mounts")
	}
}

func (p protection) rewrite(runtime string) {
	behaviour, known := kindOf(runtime, p.settings)
	if !known {
		p.log.WithField("runtime", runtime).
			Info("nothing is rewritten for a runtime of this name; runtime_kind says what it behaves like")
		return
	}
	config := p.invocation.Config
	// Of all relative paths, crun takes just this one from the bundle
	// (src/run.c).
	if config == "config.json" {
		config = ""
	}
	decisions, err := rewrite.Do(rewrite.Request{
		Bundle:            p.bundle,
		Config:            config,
		Runtime:           behaviour,
		KeepReadOnly:      !p.settings.RewriteReadOnly,
		IgnoreAnnotations: !p.settings.HonorAnnotations,
		Areas:             p.areas,
	})
	if err != nil {
		p.failOpen(err)
		return
	}
	for _, d := range decisions {
		p.report(d)
	}
}

func (p protection) areas(table []*mountinfo.Info) []spec.Area {
	found := roots.Find(roots.Host{UID: os.Geteuid(), Mounts: table, Config: p.settings})
	for _, warning := range found.Warnings {
		p.log.WithError(warning).Warn("looking for runtime roots")
	}
	return found.Areas()
}

// report logs a decision. A bind that stays although it covers, or stays
// private in spite of rslave, is what an operator wants to find later.
func (p protection) report(d spec.Decision) {
	if d.Reason == spec.ReasonReceives && d.Unprotected() == nil {
		return
	}
	entry := p.log.WithFields(logrus.Fields{
		"field":  d.Field,
		"reason": string(d.Reason),
		"before": strings.Join(d.Before, ","),
	})
	if d.Source != "" {
		entry = entry.WithFields(logrus.Fields{"source": d.Source, "destination": d.Destination})
	}
	if len(d.Covers) > 0 {
		entry = entry.WithField("covers", filepath.Join(d.Covers[0].Root, d.Covers[0].Owner))
	}
	if private := d.Unprotected(); private != nil {
		entry = entry.WithField("private", strings.Join(private, " "))
	}
	switch {
	case d.Action != spec.ActionRewrite:
		entry.Info("bind left as it is")
	case d.Unprotected() != nil:
		entry.WithField("after", strings.Join(d.After, ",")).
			Warn("bind rewritten, but it keeps copies below private mounts of the host")
	default:
		entry.WithField("after", strings.Join(d.After, ",")).Info("rewritten")
	}
}

// failOpen says, loudly and where it can be found, that the container starts
// without protection.
func (p protection) failOpen(err error) {
	p.failed("the container starts as it would without unbusy", err)
}

// failed logs and records what could not be done.
func (p protection) failed(consequence string, err error) {
	report(p.log, consequence, err, events.Event{Kind: events.FailedOpen, Bundle: p.bundle})
}
