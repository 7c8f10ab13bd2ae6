package doctor

import (
	"context"
	"fmt"
	"time"
)

// perArea is how long one area may take. They take milliseconds; what makes them
// wait is an engine or a file system that does not answer.
const perArea = 10 * time.Second

// Report is what came of an area.
type Report struct {
	Area string
	Result
	// Err says why the area, or some of it, could not be looked at.
	Err error
}

// Examine looks at areas, one after the other. One that does not come to its end
// within ten seconds, or when ctx ends, is left behind: stuck in a system call
// perhaps.
func Examine(ctx context.Context, configPath string, areas []Area) []Report {
	reports := make([]Report, 0, len(areas))
	host := Open(ctx, configPath)
	for _, area := range areas {
		report, abandoned := examine(ctx, host, area)
		if abandoned {
			// Somebody may be at work on it still.
			host = Open(ctx, configPath)
		}
		reports = append(reports, report)
	}
	return reports
}

func examine(ctx context.Context, host *Host, area Area) (report Report, abandoned bool) {
	ctx, cancel := context.WithTimeoutCause(ctx, perArea, fmt.Errorf("gave up after %s", perArea))
	defer cancel()
	done := make(chan Report, 1)
	go func() {
		result, err := area.Examine(ctx, host)
		done <- Report{area.Name, result, err}
	}()
	select {
	case report := <-done:
		return report, false
	case <-ctx.Done():
		return Report{Area: area.Name, Err: context.Cause(ctx)}, true
	}
}
