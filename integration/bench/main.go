// bench measures what unbusy costs, and what it saves, beside what people use
// without it: in turns on real engines, with medians and ratios of one run. It
// prints as it goes and exits with 1 if something went wrong; what costs more
// than it should is said and does not end it.
//
//	bench [-rounds N] [-results DIR] [part...]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/unbusy/unbusy/integration/bench/result"
	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/toolbox"
)

// tools are what is measured with.
var tools = []string{"containerd-2.4", "runc-1.5"}

func main() {
	var o options
	flag.StringVar(&o.programs, "programs", os.Getenv("UNBUSY_BIN"), "the directory that make build fills")
	flag.StringVar(&o.results, "results", "", "where the results are written to, nowhere if empty")
	flag.IntVar(&o.rounds, "rounds", 200, "how many rounds there are of what takes milliseconds; of the rest there are fewer in proportion")
	flag.IntVar(&o.pods, "pods", 110, "how many pods a drained node has")
	o.namespaces, o.mounts = []int{10, 100, 1000, 3000}, []int{30, 200}
	flag.Func("sizes", "numbers of mount namespaces, with commas between (10,100,1000,3000)", func(text string) error {
		o.namespaces = nil
		for word := range strings.SplitSeq(text, ",") {
			n, err := strconv.Atoi(word)
			if err != nil {
				return err
			}
			o.namespaces = append(o.namespaces, n)
		}
		return nil
	})
	flag.Parse()
	o.parts = flag.Args()
	// Engines are told where the programs are, and are elsewhere.
	path, err := filepath.Abs(o.programs)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	o.programs = path
	os.Exit(run(o))
}

// run measures in a box and returns the exit status.
func run(o options) int {
	if err := host.Enter(func() error { return prepare(o) }); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 2
	}
	s := &host.Stage{}
	if err := s.Perform(func() { measure(s, o) }); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return host.Leave(1)
	}
	return host.Leave(0)
}

// prepare does what has to be done outside the box.
func prepare(o options) error {
	for _, program := range []string{"unbusy", "unbusy-runtime", "containerd-shim-unbusy-v2"} {
		if _, err := os.Stat(filepath.Join(o.programs, program)); err != nil {
			return fmt.Errorf("%s is not there, please run make build: %w", program, err)
		}
	}
	for _, set := range tools {
		if _, err := toolbox.Get(context.Background(), set); err != nil {
			return err
		}
	}
	return buildHelpers()
}

// helpers are the programs beside this one: load makes loads, pass is a runtime.
var helpers = []string{"load", "pass"}

// helper is where one of them is.
func helper(name string) (string, error) {
	cache, err := os.UserCacheDir()
	return filepath.Join(cache, "unbusy", "bench-"+name), err
}

func buildHelpers() error {
	for _, name := range helpers {
		path, err := helper(name)
		if err != nil {
			return err
		}
		build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "github.com/unbusy/unbusy/integration/bench/"+name)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return err
		}
	}
	return nil
}

// parts are the benchmarks in their order.
var parts = []struct {
	name    string
	measure func(*bench) *result.Part
}{
	{"who", (*bench).lookups},
	{"grow", (*bench).growth},
	{"clear", (*bench).clearing},
	{"leaks", (*bench).leaks},
	{"runc", (*bench).lives},
	{"docker", (*bench).docker},
	{"drain", (*bench).drain},
}

// bench is what all benchmarks share.
type bench struct {
	options
	t      host.T
	loader string
	pass   string
	unbusy string // where that is installed
}

// options are what is measured and how often.
type options struct {
	programs, results  string
	rounds, pods       int
	namespaces, mounts []int
	parts              []string
}

// measure makes the measurements that were asked for, one after the other.
func measure(t host.T, o options) {
	load, err := helper("load")
	if err != nil {
		t.Fatalf("%v", err)
	}
	pass, err := helper("pass")
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, part := range parts {
		if !wanted(o.parts, part.name) {
			continue
		}
		t.Logf("==> %s", part.name)
		b := &bench{options: o, t: t, loader: load, pass: pass}
		p := part.measure(b)
		p.Name = part.name
		for i := range p.Tables {
			p.Tables[i].Print(os.Stdout)
		}
		for i := range p.Bounds {
			p.Bounds[i].Print(os.Stdout)
		}
		if err := p.Write(o.results); err != nil {
			t.Errorf("%v", err)
		}
	}
}

func wanted(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return len(names) == 0
}

// fewer is how many rounds there are of what takes so much longer, at least one.
func (o *options) fewer(by int) int { return max(1, o.rounds/by) }

// program is the path of one of unbusy's programs.
func (o *options) program(name string) string { return filepath.Join(o.programs, name) }

// versions are those of the tools.
func (b *bench) versions() map[string]string {
	versions := make(map[string]string)
	for set, program := range map[string]string{"containerd-2.4": "containerd", "runc-1.5": "runc"} {
		dir, err := toolbox.Get(context.Background(), set)
		if err != nil {
			b.t.Fatalf("%v", err)
		}
		out, err := exec.Command(filepath.Join(dir, program), "--version").Output()
		if err != nil {
			b.t.Fatalf("the version of %s: %v", program, err)
		}
		line, _, _ := strings.Cut(string(out), "\n")
		for word := range strings.FieldsSeq(line) {
			if number := strings.TrimPrefix(word, "v"); number != "" && number[0] >= '0' && number[0] <= '9' {
				versions[program] = number
			}
		}
	}
	return versions
}

var errUnexpected = errors.New("unexpected answer")
