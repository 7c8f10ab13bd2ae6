package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/bench/result"
	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/toolbox"
)

// perPod is how many containers a pod has beside its sandbox.
const perPod = 3

// cost is what stopping everything took.
type cost struct {
	wall time.Duration
	cpu  time.Duration // of the whole machine
}

// drain stops all pods of a node at once, under containerd's own shim and under
// unbusy's.
func (b *bench) drain() *result.Part {
	h := host.New(b.t)
	if err := unix.Mount("tmpfs", h.Dir("containerd"), "tmpfs", 0, "mode=755"); err != nil {
		b.t.Fatalf("mount a file system for containerd: %v", err)
	}
	tools, err := toolbox.Get(context.Background(), "containerd-2.4")
	if err != nil {
		b.t.Fatalf("%v", err)
	}
	c := h.Containerd(host.PodNetwork(),
		host.Runtime("stock", "", host.Shim(h.Installed(filepath.Join(tools, "containerd-shim-runc-v2"), "bin"))),
		host.Runtime(handler, "", host.Shim(h.Installed(b.program("containerd-shim-unbusy-v2"), "bin"))))
	engine := cri.Containerd(b.t, c)
	rounds := b.fewer(100)
	var all [2][]cost
	for round := range rounds {
		for _, which := range []int{round % 2, 1 - round%2} {
			under := []string{"stock", handler}[which]
			b.t.Logf("    round %d: %d pods of %d containers under %s", round+1, b.pods, perPod, under)
			took, err := b.drainOnce(engine, under, round)
			if err != nil {
				b.t.Fatalf("drain under %s: %v", under, err)
			}
			b.t.Logf("    stopped in %s, %s of CPU", shown(took.wall), shown(took.cpu))
			all[which] = append(all[which], took)
		}
	}
	table := result.Table{
		Title:   fmt.Sprintf("A node drain: %d pods of %d containers stopped at once, %d rounds", b.pods, perPod, rounds),
		Columns: []string{"", "containerd's shim", "unbusy's shim", "added", "ratio"},
	}
	for _, row := range []struct {
		name string
		of   func(cost) time.Duration
	}{
		{"until the last pod has stopped", func(c cost) time.Duration { return c.wall }},
		{"CPU time of the machine", func(c cost) time.Duration { return c.cpu }},
	} {
		var medians [2]time.Duration
		for which := range medians {
			var values []time.Duration
			for _, c := range all[which] {
				values = append(values, row.of(c))
			}
			medians[which] = median(values)
		}
		table.Rows = append(table.Rows, []string{
			row.name, shown(medians[0]), shown(medians[1]), fmt.Sprintf("%+.0f ms", float64(medians[1]-medians[0])/1e6), times(medians[1], medians[0]),
		})
	}
	return &result.Part{Tables: []result.Table{table}}
}

// drainOnce runs the pods and stops them.
func (b *bench) drainOnce(engine *cri.Engine, under string, round int) (cost, error) {
	b.t.Helper()
	pods := make([]*cri.Pod, b.pods)
	for i := range pods {
		pods[i] = engine.Pod(fmt.Sprintf("%s-%d-%d", under, round, i), cri.Under(under))
		for container := range perPod {
			pods[i].Run("c" + strconv.Itoa(container))
		}
	}
	before, err := busy()
	if err != nil {
		return cost{}, err
	}
	began := time.Now()
	errs := make([]error, len(pods))
	var wait sync.WaitGroup
	for i, pod := range pods {
		wait.Go(func() { errs[i] = pod.TryStop() })
	}
	wait.Wait()
	took := cost{wall: time.Since(began)}
	after, err := busy()
	took.cpu = after - before
	for _, pod := range pods {
		errs = append(errs, pod.TryRemove())
	}
	return took, errors.Join(append(errs, err)...)
}

// busy is how long the machine's CPUs have worked, the kernel for itself
// included: unmounting leaves it work.
func busy() (time.Duration, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	fields := strings.Fields(line)
	if len(fields) < 8 || fields[0] != "cpu" {
		return 0, fmt.Errorf("/proc/stat begins with %q", line)
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 everywhere
	total := time.Duration(0)
	for _, i := range []int{1, 2, 3, 6, 7} { // user, nice, system, irq, softirq
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, err
		}
		total += time.Duration(n) * tick
	}
	return total, nil
}
