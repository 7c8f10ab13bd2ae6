package main

import (
	"fmt"
	"time"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
)

// timePods times pods of two containers, with a network of their own, from their
// creation to their removal.
func timePods(t host.T, c *host.Containerd, o options) []row {
	t.Helper()
	t.Logf("==> time pods")
	before := loadAverage()
	engine := cri.Containerd(t, c)
	made := 0
	lives, err := enough(o.pods, o.mostPods, func(_, which int) (time.Duration, error) {
		made++
		began := time.Now()
		pod := engine.Pod(fmt.Sprintf("timed-%d", made), cri.Under(names[which]))
		pod.Run("one")
		pod.Run("two")
		pod.Stop()
		pod.Remove()
		return time.Since(began), nil
	}, func(lives [][2]time.Duration) bool {
		return !pairs(lives).ratio().leavesOpen(maxTime)
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return []row{
		heading(fmt.Sprintf("%d pairs of pods with two containers, %s", len(lives), underLoad(before))),
		ratioRow("run to remove", lives),
	}
}
