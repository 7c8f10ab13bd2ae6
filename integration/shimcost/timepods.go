package main

import (
	"fmt"
	"time"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
)

// The parts of a pod's life, and the whole.
const (
	sandboxing = iota
	running
	stopping
	removing
	wholePod
	podParts
)

var podPartNames = [podParts]string{"run the sandbox", "run containers", "stop", "remove", "run to remove"}

// podLife is how long each took.
type podLife [podParts]time.Duration

// timePods times pods of two containers, with a network of their own, from their
// creation to their removal.
func timePods(t host.T, c *host.Containerd, o options, namespaces int) []row {
	t.Helper()
	where := fmt.Sprintf(", %d namespaces", namespaces)
	t.Logf("==> time pods%s", where)
	before := loadAverage()
	engine := cri.Containerd(t, c)
	made := 0
	lives, err := enough(o.pods, o.mostPods, func(_, which int) (podLife, error) {
		made++
		return livePod(engine, fmt.Sprintf("timed-%d-%d", namespaces, made), which), nil
	}, func(lives [][2]podLife) bool {
		return !podPart(lives, wholePod).ratio().leavesOpen(maxTime)
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	rows := []row{heading(fmt.Sprintf("%d pairs of pods with two containers%s, %s", len(lives), where, underLoad(before)))}
	for part, name := range podPartNames {
		took, name := podPart(lives, part), name+where
		switch part {
		case wholePod:
			rows = append(rows, ratioRow(name, took))
		case stopping:
			r := addedRow(name, took, 0)
			r.among, r.grows = namespaces, "a pod's stop"
			rows = append(rows, r)
		default:
			rows = append(rows, addedRow(name, took, 0))
		}
	}
	return rows
}

// livePod has a pod live under one of the shims.
func livePod(engine *cri.Engine, name string, which int) podLife {
	var l podLife
	lap := time.Now()
	part := func(part int, do func()) {
		do()
		l[part] = time.Since(lap)
		l[wholePod] += l[part]
		lap = lap.Add(l[part])
	}
	var pod *cri.Pod
	part(sandboxing, func() { pod = engine.Pod(name, cri.Under(names[which])) })
	part(running, func() {
		pod.Run("one")
		pod.Run("two")
	})
	part(stopping, func() { pod.Stop() })
	part(removing, func() { pod.Remove() })
	return l
}

// podPart is how long one part of each life took.
func podPart(lives [][2]podLife, which int) pairs {
	took := make(pairs, 0, len(lives))
	for _, l := range lives {
		took = append(took, [2]time.Duration{l[stock][which], l[ours][which]})
	}
	return took
}
