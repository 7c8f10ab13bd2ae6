package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

func TestTheDemoShowsTheDifference(t *testing.T) {
	d := build(t)
	run := d.play(t, "")
	if run.code != 0 {
		t.Errorf("the demo exited with %d\n%s", run.code, run)
	}
	if want := "demo: stock held 1, unbusy held 0, an agent from before held 0"; run.last() != want {
		t.Errorf("the last line is %q, want %q", run.last(), want)
	}
}

// TestTheDemoFailsWithoutTheRewrite makes sure that it is the rewrite that the
// demo shows.
func TestTheDemoFailsWithoutTheRewrite(t *testing.T) {
	d := build(t)
	run := d.play(t, "", "--without-rewrite")
	if run.code != 1 {
		t.Errorf("the demo exited with %d, want 1\n%s", run.code, run)
	}
	if want := "demo: stock held 1, unbusy held 1, an agent from before held 0"; run.last() != want {
		t.Errorf("the last line is %q, want %q", run.last(), want)
	}
}

// TestTheDemoFailsWithoutTheSweep makes sure that it is the sweep that frees what
// the agent from before holds.
func TestTheDemoFailsWithoutTheSweep(t *testing.T) {
	d := build(t)
	run := d.play(t, "", "--without-sweep")
	if run.code != 1 {
		t.Errorf("the demo exited with %d, want 1\n%s", run.code, run)
	}
	if want := "demo: stock held 1, unbusy held 0, an agent from before held 1"; run.last() != want {
		t.Errorf("the last line is %q, want %q", run.last(), want)
	}
}

// TestTheDemoRefusesWhatItCannotShow makes sure that a missing program is an
// error and no half of a demo.
func TestTheDemoRefusesWhatItCannotShow(t *testing.T) {
	d := build(t)
	d.runtime = filepath.Join(t.TempDir(), "unbusy-runtime")
	if run := d.play(t, ""); run.code != 2 || run.stdout != "" || len(run.phases) != 1 {
		t.Errorf("the demo exited with %d, want 2 in its first phase\n%s", run.code, run)
	}
}

// TestNothingIsLeftOfTheDemo interrupts the demo at the beginning of the phases of
// its first act, with MATRIX=full of all, and compares the machine before and
// after, as it does with a demo that is not interrupted.
func TestNothingIsLeftOfTheDemo(t *testing.T) {
	d := build(t)
	whole := d.play(t, "")
	if len(whole.phases) < 10 {
		t.Fatalf("the demo announced only these phases: %q", whole.phases)
	}
	for i, phase := range whole.phases {
		// The acts differ in what is configured, and not in what there is to be left.
		last := i == len(whole.phases)-1
		if act, _, _ := strings.Cut(phase, ":"); os.Getenv("MATRIX") != "full" && (act == "unbusy" || act == "agent from before") && !last {
			continue
		}
		t.Run(phase, func(t *testing.T) {
			run := d.play(t, phase)
			if run.code == 0 {
				t.Errorf("an interrupted demo exited with 0\n%s", run)
			}
			if run.stdout != "" {
				t.Errorf("an interrupted demo shows what it found\n%s", run)
			}
			// The phase before the last one can be over when the signal arrives: all that
			// it does is to read some files.
			if len(run.phases) == len(whole.phases) && i < len(whole.phases)-2 {
				t.Errorf("the demo went on to its end\n%s", run)
			}
		})
	}
}

// patience bounds one demo.
const patience = 2 * time.Minute

// demo is a built one.
type demo struct{ program, runtime string }

func build(t *testing.T) demo {
	t.Helper()
	host.NeedRoot(t)
	bin := os.Getenv("UNBUSY_BIN")
	if bin == "" {
		bin = filepath.Join("..", "..", "bin")
	}
	// Building its tools takes minutes, which are none of the demo's.
	if err := prepare(t.Context(), filepath.Join(bin, "unbusy-runtime")); err != nil {
		t.Fatal(err)
	}
	d := demo{filepath.Join(t.TempDir(), "demo"), filepath.Join(bin, "unbusy-runtime")}
	out, err := exec.Command("go", "build", "-o", d.program, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("build the demo: %v\n%s", err, out)
	}
	return d
}

// performance is one run of the demo.
type performance struct {
	code           int // -1 after a signal
	stdout, stderr string
	phases         []string
}

func (p performance) last() string {
	lines := strings.Split(strings.TrimRight(p.stdout, "\n"), "\n")
	return lines[len(lines)-1]
}

func (p performance) String() string { return p.stdout + p.stderr }

// plays counts them, for their names.
var plays atomic.Int32

// play runs the demo, with SIGINT once it announces a phase, and fails the test
// if something is left on the machine.
func (d demo) play(t *testing.T, interruptAt string, args ...string) performance {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	mark := fmt.Sprintf("unbusy-demo-%d-%d", os.Getpid(), plays.Add(1))
	before := take(t)

	cmd := exec.CommandContext(ctx, d.program, append([]string{"--runtime", d.runtime}, args...)...)
	cmd.Env = append(os.Environ(), "UNBUSY_BOX="+mark)
	var stdout strings.Builder
	cmd.Stdout = &stdout
	stderr, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	cmd.Stderr = write
	err = cmd.Start()
	write.Close()
	if err != nil {
		t.Fatal(err)
	}
	// Whatever the demo has started may hold it open.
	if err := stderr.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	var run performance
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		run.stderr += lines.Text() + "\n"
		phase, announced := strings.CutPrefix(lines.Text(), "==> ")
		if !announced {
			continue
		}
		run.phases = append(run.phases, phase)
		if phase == interruptAt {
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Errorf("read what the demo says: %v", err)
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	run.code, run.stdout = cmd.ProcessState.ExitCode(), stdout.String()

	for _, item := range host.Left(before, take(t), mark) {
		t.Errorf("left behind: %s\n%s", item, run)
	}
	return run
}

func take(t *testing.T) observe.Machine {
	t.Helper()
	m, err := observe.Take()
	if err != nil {
		t.Fatal(err)
	}
	return m
}
