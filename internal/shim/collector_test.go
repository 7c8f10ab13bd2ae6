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
	settles := func() {
		t.Helper()
		for until := time.Now().Add(10 * time.Second); percent() != usual; runtime.Gosched() {
			if time.Now().After(until) {
				t.Fatalf("collection is still put off: %d %%", percent())
			}
		}
	}
	c := newCollector(5 * time.Millisecond)
	before := forced()
	for range 2 {
		first, second := c.putOff(), c.putOff()
		first()
		c.settle() // as if the time were over
		if got := percent(); got != busyPercent {
			t.Errorf("during a call %d %%, want %d", got, busyPercent)
		}
		second()
		settles()
	}
	// Who settles holds the lock until the memory is given back.
	c.settle()
	if got := forced() - before; got != 2 {
		t.Errorf("memory was given back %d times, want 2", got)
	}
}
