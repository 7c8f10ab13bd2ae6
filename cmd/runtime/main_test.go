package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The test binary plays both parts: as itself the wrapper, and as a copy called
// runc a runtime that tells what it was started with.
const (
	wrapperVariable = "UNBUSY_TEST_WRAPPER"
	// elsewhere has the wrapper execute the runtime from another thread than its first.
	elsewhere = "elsewhere"
)

func TestMain(m *testing.M) {
	exe, err := os.Readlink("/proc/self/exe")
	switch {
	case err == nil && filepath.Base(exe) == "runc":
		err = tell()
	case os.Getenv(wrapperVariable) == elsewhere && syscall.Gettid() == syscall.Getpid():
		runtime.LockOSThread()
		go main()
		select {}
	case os.Getenv(wrapperVariable) != "":
		main()
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(42)
}

// account is what a runtime can see of its start.
type account struct {
	Args        []string
	Env         []string
	Dir         string
	Pid, Parent int
	Descriptors map[string]string
	Input       string
	ParentDeath int
	Umask       int
	Signals     string
}

func tell() error {
	a := account{Args: os.Args, Env: os.Environ(), Pid: os.Getpid(), Parent: os.Getppid(), Descriptors: map[string]string{}}
	var err error
	if a.Dir, err = os.Getwd(); err != nil {
		return err
	}
	a.Umask = syscall.Umask(0)
	var signal int32
	if err := unix.Prctl(unix.PR_GET_PDEATHSIG, uintptr(unsafe.Pointer(&signal)), 0, 0, 0); err != nil {
		return err
	}
	a.ParentDeath = int(signal)
	status, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "SigBlk:") {
			a.Signals += line
		}
	}
	for fd := range 20 {
		// What Go's own runtime opens says nothing of the caller.
		if to, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)); err == nil && !strings.HasPrefix(to, "anon_inode:") {
			a.Descriptors[strconv.Itoa(fd)] = to
		}
	}
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	a.Input = string(input)
	fmt.Fprintln(os.Stderr, "and on standard error")
	return json.NewEncoder(os.Stdout).Encode(a)
}

// runtimeIn puts a runtime into a directory and returns its path.
func runtimeIn(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "runc")
	if out, err := exec.Command("cp", self, path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// start runs path with argv args, as containerd's shim does, and returns the
// runtime's account of it.
func start(t *testing.T, path string, args []string, env ...string) account {
	t.Helper()
	inherited, err := os.Open("/dev/zero")
	if err != nil {
		t.Fatal(err)
	}
	defer inherited.Close()
	var stdout, stderr bytes.Buffer
	command := &exec.Cmd{
		Path:        path,
		Args:        args,
		Env:         append(env, "LISTEN_FDS=1", "X=one", "EMPTY="),
		Dir:         "/tmp",
		Stdin:       strings.NewReader("input"),
		Stdout:      &stdout,
		Stderr:      &stderr,
		ExtraFiles:  []*os.File{inherited},
		SysProcAttr: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
	}
	err = command.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 42 {
		t.Fatalf("%v, stderr %s", err, stderr.String())
	}
	if stderr.String() != "and on standard error\n" {
		t.Errorf("standard error: %q", stderr.String())
	}
	var a account
	if err := json.Unmarshal(stdout.Bytes(), &a); err != nil {
		t.Fatalf("%v: %s", err, stdout.String())
	}
	if a.Pid != command.Process.Pid || a.Parent != os.Getpid() {
		t.Errorf("it has pid %d and parent %d, the caller started %d", a.Pid, a.Parent, command.Process.Pid)
	}
	return a
}

// TestInvisible starts a runtime directly and through the wrapper: it must not
// be able to tell the difference.
func TestInvisible(t *testing.T) {
	runc := runtimeIn(t)
	path := "PATH=" + filepath.Dir(runc)
	bundle := t.TempDir()
	if err := os.WriteFile(filepath.Join(bundle, "config.json"), []byte(`{"mounts":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "log")
	for _, args := range [][]string{
		{"--version"},
		{"features"},
		{"--root", "/r", "--log", log, "--log-format", "json", "--systemd-cgroup", "create", "--bundle", bundle, "id"},
		{"run", "-b", bundle, "id"},
		{"exec", "id", "sh", "-c", "create"},
		{"checkpoint", "--image-path", "/x", "id"},
		{"delete", "--force", "id"},
		{"a-command-from-the-future", "--with", "", "an option\n"},
		{},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			argv := append([]string{"/usr/local/bin/unbusy-runtime"}, args...)
			direct := start(t, runc, argv, path)
			direct.Pid = 0
			forgetPipes(&direct)
			for _, way := range []string{"1", elsewhere} {
				wrapped := start(t, "/proc/self/exe", argv, path, wrapperVariable+"="+way)
				wrapped.Env = slices.DeleteFunc(wrapped.Env, func(v string) bool { return strings.HasPrefix(v, wrapperVariable) })
				wrapped.Pid = 0
				forgetPipes(&wrapped)
				if !reflect.DeepEqual(wrapped, direct) {
					t.Errorf("wrapped, %s: %+v\ndirect:  %+v", way, wrapped, direct)
				}
			}
			if direct.ParentDeath != int(syscall.SIGKILL) || direct.Descriptors["3"] != "/dev/zero" {
				t.Errorf("the comparison compares nothing: %+v", direct)
			}
		})
	}
}

// forgetPipes replaces the numbers of pipes, which are new for every start.
func forgetPipes(a *account) {
	for fd, to := range a.Descriptors {
		if strings.HasPrefix(to, "pipe:") {
			a.Descriptors[fd] = "pipe"
		}
	}
}

// TestNoRuntime has the one message of the wrapper's own.
func TestNoRuntime(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log.json")
	var stdout, stderr bytes.Buffer
	command := &exec.Cmd{
		Path:   "/proc/self/exe",
		Args:   []string{"no-such-runtime", "--log", log, "--log-format", "json", "create", "id"},
		Env:    []string{wrapperVariable + "=1", "PATH=/nowhere"},
		Stdout: &stdout,
		Stderr: &stderr,
	}
	err := command.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 127 {
		t.Errorf("%v, want exit status 127", err)
	}
	const want = `unbusy-runtime: no runtime "no-such-runtime" in $PATH (/nowhere)`
	if stdout.Len() != 0 || strings.TrimSpace(stderr.String()) != want {
		t.Errorf("standard output %q, standard error %q", stdout.String(), stderr.String())
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var line struct{ Level, Msg string }
	if err := json.Unmarshal(text, &line); err != nil || line.Level != "error" || line.Msg != want {
		t.Errorf("logged %s", text)
	}
}
