package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/unbusy/unbusy/internal/events"
)

// examineLog says what unbusy could not do.
func examineLog(context.Context, *Host) (Result, error) {
	return logAt(events.Path)
}

func logAt(path string) (Result, error) {
	all, err := events.Read(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Result{}, err
	}
	result := Result{Summary: "nothing has failed since the last reboot (" + path + ")"}
	for _, kind := range []struct {
		is       events.Kind
		severity Severity
		what     string
	}{
		{events.FailedOpen, AtRisk, "a container started as if without unbusy"},
		{events.FailedClosed, AtRisk, "mounts may be left that unbusy did not detach"},
	} {
		n, last := 0, events.Event{}
		for _, e := range all {
			if e.Kind == kind.is {
				n++
				last = e
			}
		}
		if n > 0 {
			result.Findings = append(result.Findings, Finding{
				ID: string(kind.is), Severity: kind.severity,
				Evidence: fmt.Sprintf("%s: %s after which %s; the last one at %s, %s%s: %s", path, count(n, "failure"), kind.what,
					last.Time.UTC().Format(time.RFC3339), last.Program, ofContainer(last), oneLine(last.Error)),
				Fix: "mend what the error names; then rm " + path,
			})
		}
	}
	return result, nil
}

// ofContainer says whose an event is.
func ofContainer(e events.Event) string {
	switch {
	case e.Container != "":
		return ", container " + e.Container
	case e.Bundle != "":
		return ", bundle " + e.Bundle
	default:
		return ""
	}
}
