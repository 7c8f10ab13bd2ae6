package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/unbusy/unbusy/integration/host"
)

const (
	// reading is the time between two readings of memory.
	reading = 200 * time.Millisecond
	// steady is how many readings have to be the same.
	steady = 10
	// restless is how long it may take until they are.
	restless = 20 * time.Second
)

// weigh waits until the memory of shims, given by their pids, does not change any
// more, but not before a time, and makes rows of it.
func weigh(t host.T, shims [][2]int, what string, after time.Time) []row {
	t.Helper()
	t.Logf("==> weigh shims, %s", what)
	var last [][2]memory
	tick := time.NewTicker(reading)
	defer tick.Stop()
	deadline := after.Add(restless)
	for same := 0; same < steady; <-tick.C {
		now, err := memoryOfAll(shims)
		if err != nil {
			t.Fatalf("%v", err)
		}
		same++
		if time.Now().Before(after) || !slices.Equal(now, last) {
			same = 0
		}
		last = now
		if time.Now().After(deadline) {
			t.Logf("the memory of the shims did not come to rest")
			break
		}
	}
	return []row{
		memoryRow(what+": resident", last, func(m memory) int { return m.resident }),
		memoryRow(what+": proportional", last, func(m memory) int { return m.proportional }),
	}
}

func memoryOfAll(shims [][2]int) ([][2]memory, error) {
	all := make([][2]memory, len(shims))
	for i, pair := range shims {
		for which, pid := range pair {
			var err error
			if all[i][which], err = memoryOf(pid); err != nil {
				return nil, fmt.Errorf("shim of %s: %w", names[which], err)
			}
		}
	}
	return all, nil
}
