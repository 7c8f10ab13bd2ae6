package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/unbusy/unbusy/integration/bench/result"
)

// duel compares two ways of one thing: pairs of times, each of a run without
// unbusy and one with it.
type duel [][2]time.Duration

// fight runs both ways in turns, which of them is first being left to chance.
func fight(pairs int, without, with func() error) (duel, error) {
	const warmUp = 3
	var d duel
	ways := [2]func() error{without, with}
	for pair := range warmUp + pairs {
		var took [2]time.Duration
		first := rand.IntN(2)
		for _, which := range []int{first, 1 - first} {
			began := time.Now()
			if err := ways[which](); err != nil {
				return nil, err
			}
			took[which] = time.Since(began)
		}
		if pair >= warmUp {
			d = append(d, took)
		}
	}
	return d, nil
}

// between is the duel of two of those who took turns, in all rounds.
func between(without, with []time.Duration) duel {
	d := make(duel, 0, len(without))
	for i := range without {
		d = append(d, [2]time.Duration{without[i], with[i]})
	}
	return d
}

// of are the times of one way.
func (d duel) of(which int) []time.Duration {
	times := make([]time.Duration, 0, len(d))
	for _, pair := range d {
		times = append(times, pair[which])
	}
	return times
}

// ratio is the median of what each pair says, since what else is on the machine
// changes all the time.
func (d duel) ratio() float64 {
	each := make([]float64, 0, len(d))
	for _, pair := range d {
		each = append(each, float64(pair[1])/float64(pair[0]))
	}
	slices.Sort(each)
	return each[len(each)/2]
}

// added is the median of how much longer it takes with unbusy.
func (d duel) added() time.Duration {
	each := make([]time.Duration, 0, len(d))
	for _, pair := range d {
		each = append(each, pair[1]-pair[0])
	}
	return median(each)
}

// row is a table's row about a comparison.
func (d duel) row(what string) []string {
	return []string{
		what, strconv.Itoa(len(d)), shown(median(d.of(0))), shown(median(d.of(1))),
		fmt.Sprintf("%+.2f ms", float64(d.added())/1e6), fmt.Sprintf("%.3f", d.ratio()),
	}
}

var duelColumns = []string{"what", "pairs", "without", "with unbusy", "added", "ratio"}

// bound is whether the ratio is low enough.
func (d duel) bound(what string, most float64) result.Bound {
	return result.Bound{
		What: what, Limit: fmt.Sprintf("≤ %.2f of what it takes without", most),
		Measured: fmt.Sprintf("%.3f (%s and %s)", d.ratio(), shown(median(d.of(1))), shown(median(d.of(0)))),
		Held:     d.ratio() <= most,
	}
}
