package shim

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

// percent is that at which garbage is collected now.
func percent() int {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return int(sample[0].Value.Uint64())
}

// forced is how often collection was forced.
func forced() uint32 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.NumForcedGC
}

// TestCollector makes calls one after the other and at the same time.
func TestCollector(t *testing.T) {
	const usual = 43
	defer debug.SetGCPercent(debug.SetGCPercent(usual))
	c := newCollector(5 * time.Millisecond)
	before := forced()
	for times := range uint32(2) {
		first, second := c.putOff(), c.putOff()
		first()
		c.settle() // as if the time were over
		if got := percent(); got != busyPercent {
			t.Errorf("during a call %d %%, want %d", got, busyPercent)
		}
		second()
		for until := time.Now().Add(10 * time.Second); percent() != usual || forced()-before == times; runtime.Gosched() {
			if time.Now().After(until) {
				t.Fatalf("collection at %d %%, memory was given back %d times, want %d %% and %d", percent(), forced()-before, usual, times+1)
			}
		}
	}
	c.settle()
	if got := forced() - before; got != 2 {
		t.Errorf("memory was given back %d times, want 2", got)
	}
}
