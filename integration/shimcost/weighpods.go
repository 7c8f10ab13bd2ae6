package main

import (
	"fmt"
	"time"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
)

// weighPods compares the memory of shims that serve a pod of three containers.
func weighPods(t host.T, c *host.Containerd, o options) []row {
	t.Helper()
	engine := cri.Containerd(t, c)
	var pods []*cri.Pod
	serving, err := inTurns(o.memoryPods, func(pair, which int) (int, error) {
		pod := engine.Pod(fmt.Sprintf("%s-%d", names[which], pair), cri.Under(names[which]), cri.HostNetwork())
		pods = append(pods, pod)
		for _, name := range []string{"one", "two", "three"} {
			pod.Run(name)
		}
		return c.ShimOf(pod.ID()), nil
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	now := time.Now()
	rows := []row{heading(fmt.Sprintf("memory of shims with a pod of three containers each, %d of each kind", o.memoryPods))}
	rows = append(rows, weigh(t, serving, "pod, fresh", now)...)
	if o.settle > 0 {
		rows = append(rows, weigh(t, serving, "pod, settled", now.Add(o.settle))...)
	}
	for _, pod := range pods {
		pod.Stop()
		pod.Remove()
	}
	return rows
}
