// Command demo shows on this machine what unbusy is for. It plays one story
// three times on a real containerd: a container is deleted and its volume
// unmounted while another one, the agent, has the host's root bound into it. The
// first time both run under runc, the second time under unbusy-runtime in front of
// that runc, and the third time the agent alone runs under runc, as one does that
// is older than unbusy: what it holds already is then taken from it.
//
// It works in a box that leaves nothing on the machine, needs root, and exits
// with 0 only if the volume's device stayed busy the first time, and was free the
// other two.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/unbusy/unbusy/integration/host"
)

func main() {
	runtime := flag.String("runtime", "bin/unbusy-runtime", "`path` of the unbusy-runtime to show")
	keep := flag.Bool("without-rewrite", false, "tell unbusy to leave the agent alone: the demo has to fail")
	idle := flag.Bool("without-sweep", false, "tell unbusy not to look for copies: the demo has to fail")
	flag.Parse()
	os.Exit(run(*runtime, *keep, *idle))
}

func run(runtime string, keep, idle bool) int {
	runtime, err := filepath.Abs(runtime)
	if err == nil {
		err = host.Enter(func() error {
			return interruptible(func(ctx context.Context) error { return prepare(ctx, runtime) })
		})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		if errors.Is(err, errInterrupted) {
			return interrupted
		}
		return 2
	}
	leaveAtInterrupt(func(code int) {
		fmt.Fprintln(os.Stderr, "demo:", errInterrupted)
		os.Exit(host.Leave(code))
	})
	return host.Leave(perform(runtime, keep, idle))
}

// perform plays all acts, prints what came of them and returns the exit status.
func perform(runtime string, keep, idle bool) int {
	acts := []act{
		{name: "stock", heading: "under runc", handler: "runc", agent: "runc"},
		{name: "unbusy", heading: "under unbusy-runtime", handler: "unbusy", agent: "unbusy", binary: runtime, keep: keep},
		{name: "agent from before", heading: "the same, with an agent from before", handler: "unbusy", agent: "runc", binary: runtime, pod: true},
	}
	var outcomes []outcome
	for _, act := range acts {
		if idle {
			act.config = "sweep_budget = \"0s\"\n"
		}
		seen, err := play(act)
		if err != nil {
			fmt.Fprintf(os.Stderr, "demo: %s: %v\n", act.name, err)
			return 2
		}
		outcomes = append(outcomes, seen)
	}
	stock, unbusy, swept := outcomes[0], outcomes[1], outcomes[2]
	printTable(os.Stdout, stock, unbusy, swept)
	err := errors.Join(mustLeak(stock), mustNotLeak(unbusy), mustLetGo(swept))
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
	}
	printSummary(os.Stdout, stock, unbusy, swept)
	if err != nil {
		return 1
	}
	return 0
}
