package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// contender is one way to do something, measured in turns with the others.
type contender struct {
	name string
	// every is how many rounds go by for each one it takes part in, at least 1:
	// what takes seconds need not be done as often.
	every int
	// prepare is called before each run, outside of the time. nil for nothing.
	prepare func() error
	run     func() error
}

// inTurns lets all contenders run once in each round, in an order left to chance,
// after one round for nothing. The times are in the order of the contenders.
func inTurns(rounds int, all []contender) ([][]time.Duration, error) {
	took := make([][]time.Duration, len(all))
	for round := range rounds + 1 {
		for _, i := range rand.Perm(len(all)) {
			c := &all[i]
			warm := round == 0
			if c.every > 1 && (warm || (round-1)%c.every != 0) {
				continue
			}
			if c.prepare != nil {
				if err := c.prepare(); err != nil {
					return nil, fmt.Errorf("prepare %s: %w", c.name, err)
				}
			}
			began := time.Now()
			err := c.run()
			lasted := time.Since(began)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			if !warm {
				took[i] = append(took[i], lasted)
			}
		}
	}
	return took, nil
}

// median is that of some times, 0 of none.
func median(times []time.Duration) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}

// shown is a time as a table has it.
func shown(d time.Duration) string {
	switch ms := float64(d) / 1e6; {
	case ms >= 100:
		return fmt.Sprintf("%.0f ms", ms)
	case ms >= 1:
		return fmt.Sprintf("%.1f ms", ms)
	default:
		return fmt.Sprintf("%.0f µs", ms*1e3)
	}
}

// times is how many times longer one takes than the other.
func times(one, other time.Duration) string {
	if other == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", float64(one)/float64(other))
}
