package shim

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

// measured is one of the runtime's numbers.
func measured(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// percent is that at which garbage is collected now.
func percent() uint64 { return measured("/gc/gogc:percent") }

// forced is how often collection was forced.
func forced() uint64 { return measured("/gc/cycles/forced:gc-cycles") }

// TestCollector makes calls one after the other and at the same time.
func TestCollector(t *testing.T) {
	// So much that nothing is collected but what is forced to be: a collection that has
	// just begun for another reason would do for both, and not count as forced.
	const usual = 10000
	defer debug.SetGCPercent(debug.SetGCPercent(usual))
	c := newCollector(5 * time.Millisecond)
	before := forced()
	for times := range uint64(2) {
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
