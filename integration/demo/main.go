// Command demo shows on this machine what unbusy is for. It plays one story
// twice on a real containerd, once under runc and once under unbusy-runtime in
// front of that runc: a container is deleted and its volume unmounted while
// another one has the host's root bound into it.
//
// It works in a box that leaves nothing on the machine, needs root, and exits
// with 0 only if the volume's device stayed busy under runc and was free under
// unbusy.
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
	flag.Parse()
	os.Exit(run(*runtime, *keep))
}

func run(runtime string, keep bool) int {
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
	return host.Leave(perform(runtime, keep))
}

// perform plays both halves, prints what came of them and returns the exit
// status.
func perform(runtime string, keep bool) int {
	stock, err := play(half{name: "stock", handler: "runc"})
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo: stock:", err)
		return 2
	}
	unbusy, err := play(half{name: "unbusy", handler: "unbusy", binary: runtime, keep: keep})
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo: unbusy:", err)
		return 2
	}
	printTable(os.Stdout, stock, unbusy)
	if err := errors.Join(mustLeak(stock), mustNotLeak(unbusy)); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		printSummary(os.Stdout, stock, unbusy)
		return 1
	}
	printSummary(os.Stdout, stock, unbusy)
	return 0
}
