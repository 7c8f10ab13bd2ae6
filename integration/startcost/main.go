// startcost measures what unbusy-runtime costs at the start of a process that
// it only passes on, beside a Go program that only executes, interleaved in
// one run. It exits with 1 if the cost is above its bound.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/unbusy/unbusy/integration/bench/result"
)

const (
	// maxMedian is how much longer than the bare program the wrapper may take.
	maxMedian = 400 * time.Microsecond
	// maxMemory is how much of the wrapper may be in memory when it executes
	// the runtime, in KiB.
	maxMemory = 4096
)

func main() {
	runs := flag.Int("runs", 1000, "how often each program is started")
	runtime := flag.String("runtime", filepath.Join(os.Getenv("UNBUSY_BIN"), "unbusy-runtime"), "the wrapper")
	results := flag.String("results", "", "the directory that results are written to for the report, none if empty")
	flag.Parse()
	if err := run(*runtime, *runs, *results); err != nil {
		fmt.Fprintln(os.Stderr, "startcost:", err)
		os.Exit(1)
	}
}

func run(runtime string, runs int, results string) (err error) {
	dir, err := os.MkdirTemp("", "unbusy-startcost-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	// What both become: the smallest program at hand, under the name that the
	// wrapper looks for.
	target := filepath.Join(dir, "runc")
	built, bare := filepath.Join(dir, "built"), filepath.Join(dir, "bare")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", built, "./integration/startcost/bare")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return err
	}
	// What a linker has written starts more slowly than what was installed.
	installed := filepath.Join(dir, "unbusy-runtime")
	for from, to := range map[string]string{"/bin/busybox": target, built: bare, runtime: installed} {
		if err := exec.Command("cp", from, to).Run(); err != nil {
			return fmt.Errorf("copy %s: %w", from, err)
		}
	}
	runtime = installed
	env := []string{"PATH=" + dir}
	programs := []program{
		{name: "the target alone", path: target, args: []string{"true"}},
		{name: "bare Go program", path: bare, args: []string{bare, target, "true"}},
		{name: "unbusy-runtime, called as itself", path: runtime, args: []string{"unbusy-runtime", "state"}},
		{name: "unbusy-runtime, called as runc", path: runtime, args: []string{"runc", "state"}},
	}
	for i := range runs + 20 { // the first ones warm the page cache
		for p := range programs {
			took, err := programs[p].start(env)
			if err != nil {
				return fmt.Errorf("%s: %w", programs[p].name, err)
			}
			if i >= 20 {
				programs[p].took = append(programs[p].took, took)
			}
		}
	}
	base := median(programs[1].took)
	table := result.Table{Title: "What starting a program takes", Columns: []string{"program", "median", "above bare"}}
	for _, p := range programs {
		m := median(p.took)
		table.Rows = append(table.Rows, []string{
			p.name, m.Round(time.Microsecond).String(), (m - base).Round(time.Microsecond).String(),
		})
	}
	table.Print(os.Stdout)
	memory, err := memoryBeforeExec(runtime, []string{"unbusy-runtime", "state"}, env)
	if err != nil {
		return fmt.Errorf("memory: %w", err)
	}
	fmt.Printf("in memory before exec: %d KiB of at most %d\n", memory, maxMemory)
	part := result.Part{Name: "start", Tables: []result.Table{table}, Bounds: []result.Bound{{
		What: "the wrapper in memory when it executes the runtime", Limit: fmt.Sprintf("≤ %d KiB", maxMemory),
		Measured: fmt.Sprintf("%d KiB", memory), Held: memory <= maxMemory,
	}}}
	for _, p := range programs[2:] {
		above := median(p.took) - base
		part.Bounds = append(part.Bounds, result.Bound{
			What: p.name + ", beside a Go program that only executes", Limit: "≤ " + maxMedian.String(),
			Measured: above.Round(time.Microsecond).String(), Held: above <= maxMedian,
		})
	}
	if err := part.Write(results); err != nil {
		return err
	}

	for _, p := range programs[2:] {
		if above := median(p.took) - base; above > maxMedian {
			return fmt.Errorf("%s takes %s above the bare program, more than %s", p.name, above, maxMedian)
		}
	}
	if memory > maxMemory {
		return fmt.Errorf("%d KiB in memory before exec, more than %d", memory, maxMemory)
	}
	return nil
}

// program is one of those that are compared.
type program struct {
	name string
	path string
	args []string // argv
	took []time.Duration
}

// start runs the program once. busybox goes by argv[0]: under a name that it
// does not know it prints a usage text and fails, which takes no longer.
func (p program) start(env []string) (time.Duration, error) {
	began := time.Now()
	process, err := os.StartProcess(p.path, p.args, &os.ProcAttr{Env: env})
	if err != nil {
		return 0, err
	}
	_, err = process.Wait()
	return time.Since(began), err
}

func median(durations []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(durations))
	return sorted[len(sorted)/2]
}
