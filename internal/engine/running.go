package engine

import (
	"context"
	"fmt"

	"github.com/unbusy/unbusy/internal/mountns"
)

// Process is an engine that runs.
type Process struct {
	PID  int
	Name string // the engine's usual one: "dockerd", also for dockerd-current
	// Nested says that the engine is not one of this host's: see
	// Protected.Nested.
	Nested bool
}

// Running finds the engines that run, without their helpers. It fails as
// FindProtected does.
func Running(ctx context.Context) ([]Process, error) {
	residents, err := findResidents(ctx, mountns.NewLister().Foreigners(), nil)
	if err != nil {
		return nil, fmt.Errorf("find running engines: %w", err)
	}
	var running []Process
	for _, r := range residents {
		if !r.helper {
			running = append(running, Process{PID: r.pid, Name: r.engine, Nested: r.nested})
		}
	}
	return running, nil
}

// Arguments is the command line of the engine, cut where it is longer than any
// engine's. It is empty if the engine ended.
func (p Process) Arguments() ([]string, error) {
	return process{pid: p.PID}.arguments()
}
