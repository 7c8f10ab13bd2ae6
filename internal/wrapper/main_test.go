package wrapper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/unbusy/unbusy/pkg/spec"
)

// The test binary is also the wrapper, with a sweeper that does what these say.
const (
	modeVariable  = "UNBUSY_TEST_MODE"
	traceVariable = "UNBUSY_TEST_TRACE" // a file that gets a line for each call
	gateVariable  = "UNBUSY_TEST_GATE"  // a named pipe
	runVariable   = "UNBUSY_TEST_RUN"   // what is at /run
	etcVariable   = "UNBUSY_TEST_ETC"   // what is at /etc
)

func TestMain(m *testing.M) {
	mode := os.Getenv(modeVariable)
	switch mode {
	case "":
		os.Exit(m.Run())
	case "state root":
		fmt.Fprint(os.Stdout, defaultStateRoot(spec.RuntimeRunc))
		os.Exit(0)
	}
	if dir := os.Getenv(runVariable); dir != "" {
		for _, err := range []error{
			syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""),
			syscall.Mount(dir, "/run", "", syscall.MS_BIND, ""),
			syscall.Mount(os.Getenv(etcVariable), "/etc", "", syscall.MS_BIND, ""),
		} {
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
	}
	os.Exit(Main(os.Args, testSweeper(mode)))
}

// testSweeper returns a sweeper that misbehaves in the function and the way
// that mode names: "sweep panic".
func testSweeper(mode string) Sweeper {
	if mode == "no sweeper" {
		return Sweeper{}
	}
	act := func(ctx context.Context, function string, c Container) error {
		trace("%s %s %s %s", function, c.ID, c.Bundle, c.Rootfs)
		where, how, _ := strings.Cut(mode, " ")
		if where != function {
			return nil
		}
		switch how {
		case "fails":
			return errors.New("this is the test's")
		case "panics":
			panic("this is the test's")
		case "prints":
			fmt.Fprintln(os.Stdout, "on standard output")
			fmt.Fprintln(os.Stderr, "on standard error")
			c.Log.Warn("in the log")
		case "hangs":
			<-make(chan int)
		case "waits": // until the test opens the other end
			f, err := os.Open(os.Getenv(gateVariable))
			if err != nil {
				return err
			}
			f.Close()
			trace("let go on")
		case "ends early": // once the context ends
			gate, err := os.OpenFile(os.Getenv(gateVariable), os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			gate.Close()
			<-ctx.Done()
			trace("%v", ctx.Err())
		}
		return nil
	}
	return Sweeper{
		Record: func(c Container) (func(context.Context) error, error) {
			err := act(context.Background(), "record", c)
			if !strings.HasPrefix(mode, "detach") {
				return nil, err
			}
			return func(ctx context.Context) error { return act(ctx, "detach", c) }, err
		},
		Prepare: func(c Container) (func(context.Context) error, error) {
			err := act(context.Background(), "prepare", c)
			if mode == "prepare finds nothing" {
				return nil, err
			}
			return func(ctx context.Context) error { return act(ctx, "sweep", c) }, err
		},
	}
}

func trace(format string, args ...any) {
	f, err := os.OpenFile(os.Getenv(traceVariable), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	fmt.Fprintf(f, format+"\n", args...)
}

// fixture is a container that a runtime keeps state of. The runtime is a shell
// script.
type fixture struct {
	dir string
	// state is the directory that the runtime removes to delete the container.
	state                string
	runtime              string
	trace, log, run, etc string
	gate, gateOfRuntime  string // named pipes
}

func newFixture(t *testing.T, script string) fixture {
	t.Helper()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	f := fixture{
		dir: dir, state: in("root/victim"), runtime: in("bin/runc"), trace: in("trace"), log: in("log"),
		run: in("run"), etc: in("etc"), gate: in("gate"), gateOfRuntime: in("gate-of-runtime"),
	}
	for _, d := range []string{f.state, in("bin"), f.run, filepath.Join(f.etc, "unbusy")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, fifo := range []string{f.gate, f.gateOfRuntime} {
		if err := syscall.Mkfifo(fifo, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(f.runtime, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	f.putState(t)
	return f
}

// putState makes the container exist (again).
func (f fixture) putState(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile("testdata/runc-1.5.2.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(f.state, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.state, "state.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// args are the arguments of a command about the container.
func (f fixture) args(command ...string) []string {
	global := []string{"unbusy-runtime", "--root", filepath.Dir(f.state), "--log", f.log}
	return append(append(global, command...), "victim")
}

func (f fixture) env() []string {
	return []string{
		"PATH=" + filepath.Dir(f.runtime) + ":/usr/bin:/bin", "STATE=" + f.state, "GATE=" + f.gateOfRuntime,
		traceVariable + "=" + f.trace, gateVariable + "=" + f.gate,
	}
}

// direct is a call of the runtime alone.
func (f fixture) direct(args []string) *exec.Cmd {
	return &exec.Cmd{Path: f.runtime, Args: args, Env: f.env(), Dir: f.dir}
}

// wrapped is a call through the wrapper. Root's has a /run and an /etc of its
// own.
func (f fixture) wrapped(mode string, args []string) *exec.Cmd {
	command := f.direct(args)
	command.Path = "/proc/self/exe"
	command.Env = append(command.Env, modeVariable+"="+mode)
	if os.Geteuid() == 0 {
		command.Env = append(command.Env, runVariable+"="+f.run, etcVariable+"="+f.etc)
		command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	}
	return command
}

// outcome is what the caller of a runtime sees. Whether there was a core dump is
// not compared.
type outcome struct {
	exit           int
	signal         syscall.Signal
	stdout, stderr string
}

func run(t *testing.T, command *exec.Cmd) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	status, ok := command.ProcessState.Sys().(syscall.WaitStatus)
	if !ok {
		t.Fatal("no wait status")
	}
	o := outcome{exit: status.ExitStatus(), stdout: stdout.String(), stderr: stderr.String()}
	if status.Signaled() {
		o.signal = status.Signal()
	}
	return o
}

// read returns the text of a file, "" if there is none.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// open opens one end of a named pipe once somebody has the other one.
func open(t *testing.T, fifo string, flag int) *os.File {
	t.Helper()
	f, err := os.OpenFile(fifo, flag, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// events is the record of failures.
func (f fixture) events() string { return filepath.Join(f.run, "unbusy/events") }

// requireEvent fails unless the record says of the container, or nothing, that
// something failed closed.
func (f fixture) requireEvent(t *testing.T, failed bool) {
	t.Helper()
	const event = `"kind":"failed-closed","program":"unbusy-runtime","container":"victim","bundle":"/srv/bundles/victim","error":"`
	events := read(t, f.events())
	if strings.Contains(events, event) != failed || !failed && events != "" {
		t.Errorf("the events are:\n%s", events)
	}
}
