package main

import (
	"math/rand/v2"
	"time"
)

// warmUp is how many pairs are measured for nothing, so that programs are in
// memory.
const warmUp = 5

// inTurns measures both shims for a number of pairs. Which is first is left to
// chance: anything regular could keep step with containerd's garbage collector.
func inTurns[T any](pairs int, measure func(pair, which int) (T, error)) ([][2]T, error) {
	measured := make([][2]T, pairs)
	for pair := range measured {
		first := rand.IntN(2)
		for _, which := range []int{first, 1 - first} {
			var err error
			if measured[pair][which], err = measure(pair, which); err != nil {
				return nil, err
			}
		}
	}
	return measured, nil
}

// enough measures both shims for some pairs, and as many again until these are
// enough or the most that there may be.
func enough[T any](some, most int, measure func(pair, which int) (T, error), are func([][2]T) bool) ([][2]T, error) {
	if _, err := inTurns(min(warmUp, some), measure); err != nil {
		return nil, err
	}
	var all [][2]T
	for len(all) < most && (all == nil || !are(all)) {
		more, err := inTurns(min(some, most-len(all)), measure)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// pairs are times of the same with both shims.
type pairs [][2]time.Duration

// of are those of one shim.
func (p pairs) of(which int) []float64 {
	values := make([]float64, 0, len(p))
	for _, pair := range p {
		values = append(values, float64(pair[which]))
	}
	return values
}

// ratio is ours to stock's. Each pair is compared in itself, because what else is
// on the machine changes all the time.
func (p pairs) ratio() estimate {
	each := make([]float64, 0, len(p))
	for _, pair := range p {
		each = append(each, float64(pair[ours])/float64(pair[stock]))
	}
	return estimated(each)
}

// added is how much longer ours takes, in nanoseconds.
func (p pairs) added() estimate {
	each := make([]float64, 0, len(p))
	for _, pair := range p {
		each = append(each, float64(pair[ours]-pair[stock]))
	}
	return estimated(each)
}
