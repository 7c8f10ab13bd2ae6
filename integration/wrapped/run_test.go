package wrapped

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/toolbox"
)

// tools are where the programs under test are.
var tools struct {
	wrapper string // unbusy-runtime
	runc    string // the directory that runc is in
}

func TestMain(m *testing.M) {
	if os.Geteuid() != 0 {
		if os.Getenv("UNBUSY_REQUIRE") != "" {
			fmt.Fprintln(os.Stderr, "these tests need root")
			os.Exit(1)
		}
		fmt.Fprintln(os.Stderr, "skipped: these tests need root")
		os.Exit(0)
	}
	tools.wrapper = filepath.Join(os.Getenv("UNBUSY_BIN"), "unbusy-runtime")
	if _, err := os.Stat(tools.wrapper); err != nil {
		fmt.Fprintln(os.Stderr, "UNBUSY_BIN must name the directory that make build fills:", err)
		os.Exit(1)
	}
	runc, err := toolbox.Get(context.Background(), "runc")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	tools.runc = runc
	// Whether may_detach_mounts is turned on depends on everybody's engines.
	if err := host.AttendAlone(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// result is what the caller of a runtime sees.
type result struct {
	status         int
	stdout, stderr string
}

// start is one call of a runtime.
type start struct {
	name   string   // argv[0]
	path   string   // what is executed
	search string   // $PATH, in front of the system's
	runDir string   // what is at /run
	setup  string   // shell commands that run before it in its mount namespace
	prefix []string // a command to run it under
	args   []string
}

// run makes the call in a mount namespace of its own, with everything shared as
// on a host with systemd.
func (s start) run(t *testing.T) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	const prepare = `set -e; mount --make-rshared /; mount --bind "$1" /run; eval "$2"; shift 2; exec "$@"`
	const call = `NAME=$1 FILE=$2 PATH=$3:$PATH; shift 3; exec -a "$NAME" "$FILE" "$@"`
	args := slices.Concat(
		[]string{"--mount", "--propagation", "private", "bash", "-c", prepare, "bash", s.runDir, s.setup},
		s.prefix,
		[]string{"bash", "-c", call, "bash", s.name, s.path, s.search},
		s.args,
	)
	command := exec.CommandContext(ctx, "unshare", args...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// alone runs the bundle with runc.
func (b *bundle) alone(t *testing.T, setup string) result {
	t.Helper()
	return start{
		name: "runc", path: filepath.Join(tools.runc, "runc"), runDir: b.runDir, setup: setup,
		args: []string{"--log", filepath.Join(t.TempDir(), "log"), "run", "--bundle", b.dir, containerID(t)},
	}.run(t)
}

// wrapped runs the bundle with unbusy-runtime in front of runc, and returns the
// runtime's log as well.
func (b *bundle) wrapped(t *testing.T, setup string, prefix ...string) (result, string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "log")
	r := start{
		name: "runc", path: tools.wrapper, search: tools.runc, runDir: b.runDir, setup: setup, prefix: prefix,
		args: []string{"--log", log, "run", "--bundle", b.dir, containerID(t)},
	}.run(t)
	text, err := os.ReadFile(log)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return r, string(text)
}

// containerID is a name that no other container on the machine has.
func containerID(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("unbusy-test-%d-%s", os.Getpid(), strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, t.Name()))
}
