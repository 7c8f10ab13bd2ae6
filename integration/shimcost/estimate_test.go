package main

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestMidmean(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{7}, 7},
		{[]float64{1, 2}, 1.5},
		{[]float64{1000, 3, 2, -1000}, 2.5},
		{[]float64{9, 4, 5, 0, 6, 1, 1, 99}, 4},
	} {
		if got := midmean(test.values); got != test.want {
			t.Errorf("of %v: %v, want %v", test.values, got, test.want)
		}
	}
}

// TestEstimate draws values around a known one and counts how often the interval
// holds it.
func TestEstimate(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	const draws = 100
	held := 0
	for range draws {
		values := make([]float64, 200)
		for i := range values {
			values[i] = 1 + random.NormFloat64()/10
		}
		e := estimated(values)
		if e.low >= e.value || e.value >= e.high || e.high-e.low > 0.06 {
			t.Fatalf("%+v", e)
		}
		if e.leavesOpen(1) {
			held++
		}
	}
	if held < 88 || held == draws {
		t.Errorf("the intervals of %d out of %d hold the value", held, draws)
	}
}

func TestLimits(t *testing.T) {
	// As stock, with so much added, and a little more or less either way.
	times := func(added time.Duration) pairs {
		var p pairs
		for i := range 100 {
			base := 100 * time.Millisecond
			p = append(p, [2]time.Duration{stock: base, ours: base + added + time.Duration(i%11-5)*10*time.Microsecond})
		}
		return p
	}
	for _, test := range []struct {
		name           string
		row            row
		exceeded, open bool
	}{
		{"faster", ratioRow("", times(-time.Millisecond)), false, false},
		{"as fast", ratioRow("", times(0)), false, false},
		{"at the limit", ratioRow("", times(2*time.Millisecond-time.Microsecond)), false, true},
		{"just beyond it", ratioRow("", times(2*time.Millisecond+3*time.Microsecond)), true, true},
		{"slower", ratioRow("", times(3*time.Millisecond)), true, false},
		{"little added", addedRow("", times(100*time.Microsecond), 300*time.Microsecond), false, false},
		{"much added", addedRow("", times(400*time.Microsecond), 300*time.Microsecond), true, false},
		{"much added without a limit", addedRow("", times(time.Second), 0), false, false},
		{"a little memory", memoryRow("", [][2]memory{{{1000, 0}, {1030, 0}}}, func(m memory) int { return m.resident }), false, false},
		{"much memory", memoryRow("", [][2]memory{{{1000, 0}, {1031, 0}}}, func(m memory) int { return m.resident }), true, false},
	} {
		if test.row.exceeded != test.exceeded || test.row.open != test.open {
			t.Errorf("%s: %+v", test.name, test.row)
		}
	}
}
