package sweep

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/toolbox"
)

// stage is a host on which the test itself is the engine: it mounts what
// dockerd mounts for a container and calls the runtime, so that it can look
// between any two steps.
type stage struct {
	t *testing.T
	h *host.Host
	// data is what unbusy takes for dockerd's data root.
	data string
	// runc and unbusy are the runtime alone and behind unbusy.
	runc, unbusy string
	// namespaces is how unbusy finds mount namespaces.
	namespaces string
	// engine is a process that is called dockerd.
	engine *host.Process
}

// patient is a configuration for tests of what is found: how long that takes on
// a busy machine is not what they are about.
const patient = `sweep_budget = "10s"`

// newStage prepares a host with an engine and a configuration of unbusy.
func newStage(t *testing.T, settings ...string) *stage {
	t.Helper()
	h := host.New(t)
	tools, err := toolbox.Get(t.Context(), "runc-1.5")
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, h: h, data: h.Dir("docker"), runc: filepath.Join(tools, "runc"), unbusy: wrapper(t)}
	known := len(events(t))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the log of the runtimes: %+v\nthe record: %s", s.entries(), events(t)[known:])
		}
	})
	s.configure(settings...)
	s.engine = h.Engine("dockerd")
	return s
}

// configure writes unbusy's configuration anew.
func (s *stage) configure(settings ...string) {
	s.t.Helper()
	s.h.UnbusyConfig(fmt.Sprintf("runtime = %q\nlog = \"none\"\n%s\n[[roots]]\nengine = \"docker\"\npath = %q\n",
		s.runc, strings.Join(settings, "\n"), s.data))
}

// result is what the caller of a runtime gets.
type result struct {
	status         int
	stdout, stderr string
}

// call calls a runtime. Its output goes to files, because a container that is
// created has them for its own.
func (s *stage) call(runtime string, args ...string) result {
	s.t.Helper()
	r, err := s.try(runtime, args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// try is call for a goroutine that is not the test's.
func (s *stage) try(runtime string, args ...string) (result, error) {
	dir, err := os.MkdirTemp(s.h.Dir("calls"), "")
	if err != nil {
		return result{}, err
	}
	cmd := exec.Command(runtime, append([]string{"--root", s.h.Dir("state")}, args...)...)
	var outputs [2]*os.File
	for i, name := range []string{"stdout", "stderr"} {
		if outputs[i], err = os.Create(filepath.Join(dir, name)); err != nil {
			return result{}, err
		}
		defer outputs[i].Close()
	}
	cmd.Stdout, cmd.Stderr = outputs[0], outputs[1]
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return result{}, err
	}
	r := result{status: cmd.ProcessState.ExitCode()}
	for i, to := range []*string{&r.stdout, &r.stderr} {
		text, err := os.ReadFile(outputs[i].Name())
		if err != nil {
			return result{}, err
		}
		*to = string(text)
	}
	return r, nil
}

// requireOK calls a runtime that has to succeed.
func (s *stage) requireOK(runtime string, args ...string) result {
	s.t.Helper()
	r := s.call(runtime, args...)
	if r.status != 0 {
		s.t.Fatalf("%s %v: %+v", filepath.Base(runtime), args, r)
	}
	return r
}

// log is where the runtimes log.
func (s *stage) log() string { return filepath.Join(s.h.Dir("logs"), "runtime.json") }

// entry is a line of the log.
type entry struct {
	Level, Msg, Kind, Reason, Mountpoint, Mount, Error, Command string
}

// entries reads what unbusy has logged.
func (s *stage) entries() []entry {
	s.t.Helper()
	text, err := os.ReadFile(s.log())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		s.t.Fatal(err)
	}
	var entries []entry
	for line := range bytes.Lines(text) {
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			s.t.Fatalf("%s: %v", line, err)
		}
		entries = append(entries, e)
	}
	return entries
}

// requireReported fails unless the log says of a mountpoint that what is there
// stays, that it is of a kind, and why.
func (s *stage) requireReported(mountpoint, kind, reason string) {
	s.t.Helper()
	for _, e := range s.entries() {
		if e.Kind == kind && strings.HasSuffix(e.Mountpoint, mountpoint) && strings.Contains(e.Reason, reason) {
			return
		}
	}
	s.t.Errorf("the log does not say that %s is %s and left because %q: %+v", mountpoint, kind, reason, s.entries())
}

// events is the text of the record of failures.
func events(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/run/unbusy/events")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}
