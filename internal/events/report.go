package events

import (
	"errors"
	"os"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
)

// Report logs what could not be done, and appends it to the record at [Path].
// The event says which way the failure was taken, for what container, and by
// which program; its time and its error are filled in.
func Report(log *logrus.Entry, consequence string, err error, e Event) {
	log.WithField(logrus.ErrorKey, Brief(err)).Error(consequence)
	e.Time, e.Error = time.Now().UTC(), err.Error()
	if err := Append(Path, e); err != nil && !errors.Is(err, os.ErrPermission) {
		log.WithError(err).Warn("the failure could not be recorded")
	}
}

// Brief bounds what an error quotes, for a log.
func Brief(err error) string {
	const most = 1000
	text := err.Error()
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}
