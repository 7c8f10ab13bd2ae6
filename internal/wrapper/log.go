package wrapper

import (
	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/config"
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
