package wrapper

import (
	"errors"
	"os"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/events"
	"github.com/unbusy/unbusy/internal/log"
)

const program = "unbusy-runtime"

// newLog returns a log that leads where the invocation and the settings say.
func newLog(invocation Invocation, settings config.Config) *logrus.Entry {
	return log.New(log.Options{
		Program:       program,
		RuntimeLog:    invocation.Log,
		RuntimeFormat: invocation.LogFormat,
		System:        settings.Log != config.LogNone,
	}).WithField("program", program)
}

// report logs what could not be done, and records it for doctor. The event
// says which way the failure was taken, and for what container.
func report(entry *logrus.Entry, consequence string, err error, event events.Event) {
	entry.WithField(logrus.ErrorKey, brief(err)).Error(consequence)
	event.Time, event.Program, event.Error = time.Now().UTC(), program, err.Error()
	if err := events.Append(events.Path, event); err != nil && !errors.Is(err, os.ErrPermission) {
		entry.WithError(err).Warn("the failure could not be recorded")
	}
}

// brief bounds what an error quotes, for the log.
func brief(err error) string {
	const most = 1000
	text := err.Error()
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}
