package hook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/unbusy/unbusy/internal/sweep"
)

// The test binary is also the hook, in a mount namespace of its own if these say
// what is mounted there.
const (
	asHook      = "UNBUSY_TEST_HOOK"
	runVariable = "UNBUSY_TEST_RUN" // what is at /run
	etcVariable = "UNBUSY_TEST_ETC" // what is at /etc
	shmVariable = "UNBUSY_TEST_SHM" // where a container's shared memory is
	sysVariable = "UNBUSY_TEST_SYS" // what is at /proc/sys
	// hurryVariable is set for a hook that has next to no time.
	hurryVariable = "UNBUSY_TEST_HURRY"
)

func TestMain(m *testing.M) {
	switch {
	case sweep.IsChild(os.Args):
		os.Exit(sweep.Child())
	case os.Getenv(asHook) == "":
		os.Exit(m.Run())
	}
	if run := os.Getenv(runVariable); run != "" {
		for _, err := range []error{
			syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""),
			syscall.Mount(run, "/run", "", syscall.MS_BIND, ""),
			syscall.Mount(os.Getenv(etcVariable), "/etc", "", syscall.MS_BIND, ""),
			mountShm(os.Getenv(shmVariable)),
			syscall.Mount(os.Getenv(sysVariable), "/proc/sys", "", syscall.MS_BIND, ""),
		} {
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(3)
			}
		}
	}
	if os.Getenv(hurryVariable) == "" {
		os.Exit(Main("1.2.3", os.Args, os.Stdin, os.Stdout, os.Stderr))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	os.Exit(within(ctx, "1.2.3", os.Args, os.Stdin, os.Stdout, os.Stderr)) //nolint:gocritic // the process ends
}

func mountShm(path string) error {
	if path == "" {
		return nil
	}
	return syscall.Mount("shm", path, "tmpfs", 0, "size=64k")
}

// machine is what a hook finds below /run and /etc.
type machine struct {
	t        *testing.T
	run, etc string
	sys      string // of a kernel that has nothing but fs.may_detach_mounts
	shm      string // where something is mounted, "" for nowhere
	hurry    string // not "" for a hook that has next to no time
}

// newMachine has the given configuration of unbusy.
func newMachine(t *testing.T, configuration string) machine {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root; `make test` runs it as root as well")
	}
	m := machine{t: t, run: t.TempDir(), etc: t.TempDir(), sys: t.TempDir()}
	if err := os.Mkdir(filepath.Join(m.etc, "unbusy"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(m.etc, "unbusy/config.toml"), configuration)
	if err := os.Mkdir(filepath.Join(m.sys, "fs"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(m.sys, "fs/may_detach_mounts"), "0\n")
	return m
}

// answer is what the caller of a hook gets.
type answer struct {
	status         int
	stdout, stderr string
}

// call calls the hook as an engine does: without an environment, in a directory
// that is nobody's.
func (m machine) call(stdin io.Reader, args ...string) answer {
	m.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := &exec.Cmd{
		Path: "/proc/self/exe", Args: append([]string{"unbusy-hook"}, args...), Dir: "/",
		// A program under the race detector would sleep for a second at its end.
		Env:   []string{asHook + "=1", "GORACE=atexit_sleep_ms=0"},
		Stdin: stdin, Stdout: &stdout, Stderr: &stderr,
	}
	if m.run != "" {
		cmd.Env = append(cmd.Env, runVariable+"="+m.run, etcVariable+"="+m.etc, shmVariable+"="+m.shm, sysVariable+"="+m.sys, hurryVariable+"="+m.hurry)
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		m.t.Fatal(err)
	}
	return answer{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// events is the text of the record of failures.
func (m machine) events() string {
	m.t.Helper()
	text, err := os.ReadFile(filepath.Join(m.run, "unbusy/events"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		m.t.Fatal(err)
	}
	return string(text)
}

// requireLine fails unless a text is one line about something, or, about nothing,
// empty.
func requireLine(t *testing.T, text, about string) {
	t.Helper()
	if about == "" && text == "" {
		return
	}
	if about == "" || !strings.Contains(text, about) || strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
		t.Errorf("got %q, want one line about %q", text, about)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestCommandLine has no need of root.
func TestCommandLine(t *testing.T) {
	for _, test := range []struct {
		args   []string
		status int
		stdout string
		stderr string
	}{
		{[]string{"--version"}, 0, "unbusy-hook version 1.2.3\n", ""},
		{nil, 2, "", "expected one argument"},
		{[]string{"poststart"}, 2, "", "expected one argument"},
		{[]string{"precreate", "prestart"}, 2, "", "expected one argument"},
		{[]string{""}, 2, "", "expected one argument"},
	} {
		got := machine{t: t}.call(strings.NewReader("{}"), test.args...)
		if got.status != test.status || got.stdout != test.stdout {
			t.Errorf("%q: got %+v", test.args, got)
		}
		requireLine(t, got.stderr, test.stderr)
	}
}
