// Package cli tests the commands unbusy who and unbusy sweep on real mounts, in
// directories laid out as dockerd lays out its own, and with Debian's dockerd.
package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

func TestMain(m *testing.M) { os.Exit(host.MainAlone(m, "containerd-2.4", "runc-1.5")) }

// result is what the caller of a command sees.
type result struct {
	status         int
	stdout, stderr string
}

// unbusy runs the command under test.
func unbusy(t *testing.T, args ...string) result {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(os.Getenv("UNBUSY_BIN"), "unbusy"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), path, args...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err = command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("UNBUSY_BIN must name the directory that make build fills: %v", err)
	}
	return result{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// report is the JSON of who and sweep, as far as the tests look at it.
type report struct {
	Target, Type, Container, Engine, State string
	InUse                                  string `json:"in_use"`
	Held                                   bool
	Mounts                                 []struct{ Path, Kind, FSType, Device, Root string }
	Holders                                []struct {
		Namespace, Mountpoint, Path, Kind, Propagation string
		Holds                                          bool
		Processes                                      []process
		Result, Reason                                 string
	}
	Users []user
}

type user struct {
	process
	Uses []struct{ What, Path string }
}

type process struct {
	PID                           int
	Command, Unit, Container, Pod string
}

// ask runs the command with --json and takes its answer apart.
func ask(t *testing.T, want int, args ...string) report {
	t.Helper()
	var r report
	askInto(t, &r, want, args...)
	return r
}

func askInto(t *testing.T, into any, want int, args ...string) {
	t.Helper()
	got := unbusy(t, append(args, "--json")...)
	if got.status != want {
		t.Fatalf("%q: status %d, want %d: %s%.3000s", args, got.status, want, got.stderr, got.stdout)
	}
	if err := json.Unmarshal([]byte(got.stdout), into); err != nil {
		t.Fatalf("%q: %v: %s", args, err, got.stdout)
	}
}

// kinds are those of the mounts that count as held, with their results.
func (r report) kinds() []string {
	kinds := []string{}
	for _, h := range r.Holders {
		if !h.Holds {
			continue
		}
		if h.Result != "" {
			h.Kind += " " + h.Result
		}
		kinds = append(kinds, h.Kind)
	}
	return kinds
}
