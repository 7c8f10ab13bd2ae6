package hook

import (
	"io"
	"strings"

	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/events"
	"github.com/unbusy/unbusy/internal/log"
	"github.com/unbusy/unbusy/internal/protect"
)

// call is one call of the hook.
type call struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	settings       protect.Settings
	log            *logrus.Entry
}

func newLog(settings config.Config) *logrus.Entry {
	return log.New(log.Options{Program: program, System: settings.Log != config.LogNone}).WithField("program", program)
}

// warnOfUnknown says once in the life of a container which keys of the
// configuration mean nothing.
func (c call) warnOfUnknown() {
	if len(c.settings.Unknown) > 0 {
		c.log.Warnf("%s: unknown keys: %s", config.DefaultPath, strings.Join(c.settings.Unknown, ", "))
	}
}

// badInput says that what the hook was given is not what the stage is given by
// an engine.
func (c call) badInput(err error) {
	complain(c.stderr, "standard input: "+events.Brief(err))
}

// failOpen says, loudly and where it can be found, that a container starts
// without protection.
func (c call) failOpen(err error) {
	events.Report(c.log, "the container starts as it would without unbusy", err,
		events.Event{Kind: events.FailedOpen, Program: program})
}

// What follows from a failure at a container's start and at its end.
const (
	notRecorded = "the container's mounts are not recorded, and will not be looked for at its end"
	notSwept    = "the ended container's mounts may still be held in other mount namespaces"
)

// failClosed says, loudly and where it can be found, that nothing more is unmounted
// for a container, and what follows from that.
func (c call) failClosed(consequence string, s state, err error) {
	events.Report(c.log, consequence, err,
		events.Event{Kind: events.FailedClosed, Program: program, Container: s.ID, Bundle: s.Bundle})
}
