package main

import (
	"math/rand/v2"
	"slices"
)

// estimate is a typical value and the interval that it is in with a probability
// of 95 %.
type estimate struct{ low, value, high float64 }

// leavesOpen reports whether the value may be on either side of a limit.
func (e estimate) leavesOpen(limit float64) bool { return e.low <= limit && limit <= e.high }

// resamples is how often the interval's values are drawn anew.
const resamples = 1000

// estimated takes the mean of the middle half of the values, which a busy
// machine's outliers do not reach and which is steadier than the median, and its
// interval by bootstrapping. Of the same values it makes the same.
func estimated(values []float64) estimate {
	random := rand.New(rand.NewPCG(1, 2))
	drawn := make([]float64, len(values))
	means := make([]float64, 0, resamples)
	for range resamples {
		for i := range drawn {
			drawn[i] = values[random.IntN(len(values))]
		}
		means = append(means, midmean(drawn))
	}
	slices.Sort(means)
	return estimate{
		low:   means[resamples/40],
		value: midmean(slices.Clone(values)),
		high:  means[resamples-1-resamples/40],
	}
}

// midmean is the mean of the middle half. It sorts the values.
func midmean(values []float64) float64 {
	slices.Sort(values)
	quarter := len(values) / 4
	middle := values[quarter : len(values)-quarter]
	sum := 0.0
	for _, v := range middle {
		sum += v
	}
	return sum / float64(len(middle))
}

// median sorts the values.
func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
