package log

import (
	"io"

	"github.com/sirupsen/logrus"
)

// Options says where messages go.
type Options struct {
	// Program names the sender in the system log.
	Program string
	// RuntimeLog is the value of the runtime's --log, "" for none.
	RuntimeLog string
	// RuntimeFormat is the format of that file: "json", or anything else for
	// text.
	RuntimeFormat string
	// System sends to the journal or syslog as well.
	System bool
}

// New returns a logger for the given places. It opens nothing: a place that
// cannot be written to when there is something to say is passed over.
func New(o Options) *logrus.Logger {
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	if file := fileOf(o.RuntimeLog); file != "" && !isAnswer(file) {
		logger.AddHook(newRuntimeLog(file, o.RuntimeFormat))
	}
	if o.System {
		logger.AddHook(systemLog{program: o.Program, journal: journalSocket, syslog: syslogSocket})
	}
	return logger
}
