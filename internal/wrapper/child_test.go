package wrapper

import (
	"bufio"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

var pipes = regexp.MustCompile(`pipe:\[[0-9]+\]`)

func itoa(n int) string { return strconv.Itoa(n) }

func readAll(r io.Reader) (string, error) {
	text, err := io.ReadAll(r)
	return string(text), err
}

// TestSignalsArePassedOn signals the wrapper while the runtime works.
func TestSignalsArePassedOn(t *testing.T) {
	for _, s := range []syscall.Signal{
		syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGABRT,
		syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGTERM,
	} {
		t.Run(s.String(), func(t *testing.T) {
			heed(t, s)
			// A shell heeds a signal between its commands, and one that came just before
			// the pipe was opened when a line has come: hence lines.
			f := newFixture(t, `trap 'rm -r "$STATE"; echo caught; exit 5' `+itoa(int(s))+`
				: >"$GATE"; while :; do read line <"$GATE"; done`)
			command := f.wrapped("sweep", f.args("delete"))
			stdout := new(strings.Builder)
			command.Stdout = stdout
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			open(t, f.gateOfRuntime, os.O_RDONLY).Close() // the trap is set
			if err := command.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_ = command.Wait()
			}()
			for waiting := true; waiting; {
				// Nobody may have it open just now.
				if gate, err := os.OpenFile(f.gateOfRuntime, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
					_, _ = gate.WriteString("\n")
					gate.Close()
				}
				select {
				case <-ended:
					waiting = false
				case <-time.After(10 * time.Millisecond):
				}
			}
			if code := command.ProcessState.ExitCode(); code != 5 || stdout.String() != "caught\n" {
				t.Errorf("%v, output %q", command.ProcessState, stdout)
			}
			if trace := read(t, f.trace); trace != prepared {
				t.Errorf("called:\n%s", trace)
			}
		})
	}
}

// TestSignalsEndTheRuntime has a runtime that does not catch them.
func TestSignalsEndTheRuntime(t *testing.T) {
	f := newFixture(t, `: >"$GATE"; exec cat "$GATE"`)
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGUSR2, syscall.SIGQUIT} {
		heed(t, s)
		command := f.wrapped("sweep", f.args("delete"))
		stderr := new(strings.Builder)
		command.Stderr = stderr
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		open(t, f.gateOfRuntime, os.O_RDONLY).Close()
		if err := command.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		_ = command.Wait()
		if status := command.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != s || status.CoreDump() {
			t.Errorf("%v: %v", s, command.ProcessState)
		}
		if stderr.String() != "" {
			t.Errorf("%v: standard error %q", s, stderr)
		}
	}
}

// TestRuntimeDiesWithTheWrapper kills the wrapper, as an engine does whose
// patience has ended: the runtime must not go on behind its back.
func TestRuntimeDiesWithTheWrapper(t *testing.T) {
	f := newFixture(t, `echo $$; read line <"$GATE"`)
	command := f.wrapped("sweep", f.args("delete"))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	command.Stdout = w
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	output := bufio.NewReader(r)
	if line, err := output.ReadString('\n'); err != nil || strings.TrimSpace(line) == itoa(command.Process.Pid) {
		t.Fatalf("the runtime has number %q, %v", line, err)
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
	// It ends when nobody has the pipe any more.
	if rest, err := readAll(output); err != nil || rest != "" {
		t.Errorf("read %q, %v", rest, err)
	}
}

// heed gives the processes that the test starts the default action for a signal,
// also if the tests were started by somebody who ignores it, such as nohup: a
// signal that is caught here is not ignored there.
func heed(t *testing.T, s os.Signal) {
	t.Helper()
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, s)
	t.Cleanup(func() { signal.Stop(caught) })
}
