// shimcost measures what containerd-shim-unbusy-v2 costs beside containerd's own
// shim for runc, of the same containerd, Go and build flags: the memory of shims
// that have nothing to do, and the time that containers and pods take from their
// creation to their deletion. Both shims serve one real containerd in turns. It
// exits with 1 if something costs more than it may.
//
// With -shim naming containerd's own, it tells how exact it is.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/toolbox"
)

// What the shim may cost.
const (
	maxMemory = 1.03                   // ours to stock, resident and proportional
	maxTime   = 1.02                   // ours to stock, from creation to deletion
	maxDelete = 300 * time.Microsecond // ours above stock, deletion alone
)

// tools are what the shims run with, and stock's comes from.
var tools = []string{"containerd-2.4", "runc-1.5"}

func main() {
	var o options
	flag.StringVar(&o.ours, "shim", filepath.Join(os.Getenv("UNBUSY_BIN"), "containerd-shim-unbusy-v2"), "the shim to measure")
	flag.IntVar(&o.pairs, "pairs", 200, "how many pairs of containers are timed before it is looked whether they are enough")
	flag.IntVar(&o.most, "most", 1200, "how many pairs of containers are timed at most")
	flag.IntVar(&o.pods, "pods", 50, "the same as -pairs for pods")
	flag.IntVar(&o.mostPods, "most-pods", 200, "the same as -most for pods")
	o.namespaces = []int{10, 1000, 3000}
	flag.Func("namespaces", "how many other mount namespaces there are, one situation each (10,1000,3000)", o.setNamespaces)
	flag.StringVar(&o.results, "results", "", "the directory that results are written to for the report, none if empty")
	flag.IntVar(&o.containers, "containers", 20, "how many shims of each kind are looked at for their memory")
	flag.IntVar(&o.execs, "execs", 10, "how many processes are executed in each container then")
	flag.IntVar(&o.memoryPods, "memory-pods", 10, "how many pods of each kind are looked at for their memory")
	flag.DurationVar(&o.settle, "settle", 65*time.Second, "how long after its last container was started a shim has given back what it can")
	flag.Parse()
	os.Exit(run(o))
}

// run measures in a box and returns the exit status.
func run(o options) int {
	err := host.Enter(func() error { return prepare(o) })
	if err != nil {
		fmt.Fprintln(os.Stderr, "shimcost:", err)
		return 2
	}
	var all []row
	s := &host.Stage{}
	err = s.Perform(func() { all = measure(s, o) })
	printTable(os.Stdout, all)
	if err == nil {
		err = write(o.results, all)
	}
	for _, r := range all {
		if r.exceeded {
			err = errors.Join(err, fmt.Errorf("%s costs more than it may", r.what))
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "shimcost:", err)
		return host.Leave(1)
	}
	return host.Leave(0)
}

// prepare does what has to be done outside the box.
func prepare(o options) error {
	if _, err := os.Stat(o.ours); err != nil {
		return fmt.Errorf("the shim is not there, please run make build: %w", err)
	}
	for _, set := range tools {
		if _, err := toolbox.Get(context.Background(), set); err != nil {
			return err
		}
	}
	return nil
}
