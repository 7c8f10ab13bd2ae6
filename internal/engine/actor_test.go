package engine

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/mount"
)

// part in the environment says what the test binary plays in place of testing:
// a copy of it is called like an engine.
const part = "UNBUSY_ENGINE_PART"

func TestMain(m *testing.M) {
	play := os.Getenv(part)
	if play == "" {
		os.Exit(m.Run())
	}
	_ = os.Unsetenv(part)
	if err := act(play); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// act plays a part until standard input is closed. What it prints first is the
// answer to whoever waits.
func act(play string) error {
	input := bufio.NewReader(os.Stdin)
	switch what, argument, _ := strings.Cut(play, " "); what {
	case "wait":
		fmt.Fprintln(os.Stdout, "ready")
	case "user":
		// As somebody who may not look at root's processes.
		if err := syscall.Setuid(65534); err != nil {
			return err
		}
		_, found := findResidents(background, &mountns.Foreigners{}, nil)
		pid, err := strconv.Atoi(argument)
		if err != nil {
			return err
		}
		_, where := worldOf(process{pid: pid}.dir())
		_, in := mountNamespaces(process{pid: pid})
		for _, err := range []error{found, where, in} {
			fmt.Fprint(os.Stdout, errors.Is(err, os.ErrPermission), " ")
		}
		_, other := recognise(process{pid: pid, comm: "agent"})
		fmt.Fprintln(os.Stdout, other)
	case "confined":
		lister := mountns.NewLister()
		p, err := FindProtected(background, lister)
		own, ownErr := lister.Own()
		if ownErr != nil {
			return ownErr
		}
		fmt.Fprintln(os.Stdout, p.Any(), p.HasEngine(own.ID), err)
		own.Close()
	case "thread", "join":
		// The goroutine's thread is not the first one: that is main's.
		answer := make(chan error)
		go func() {
			runtime.LockOSThread()
			answer <- elsewhere(what, input)
			select {}
		}()
		if what == "join" {
			fmt.Fprintln(os.Stdout, "ready")
		}
		err := <-answer
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, "moved")
	case "parent":
		child, err := childOf(argument)
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, child.Process.Pid)
		_, _ = io.Copy(io.Discard, input)
		_ = child.Process.Kill()
		return ignoreExit(child.Wait())
	}
	_, err := io.Copy(io.Discard, input)
	return err
}

func init() {
	if os.Getenv(part) != "" {
		runtime.LockOSThread() // main's goroutine stays on the first thread
	}
}

// elsewhere moves the calling thread: to a new namespace, or to the one that a
// line of the input names.
func elsewhere(what string, input *bufio.Reader) error {
	if what == "thread" {
		return unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS)
	}
	link, err := input.ReadString('\n')
	if err != nil {
		return err
	}
	ns, err := os.Open(strings.TrimSpace(link))
	if err != nil {
		return err
	}
	defer ns.Close()
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return err
	}
	return unix.Setns(int(ns.Fd()), unix.CLONE_NEWNS)
}

// childOf starts a child of this process: in a mount namespace of its own, and
// in a pid namespace of its own if it plays a container.
func childOf(argument string) (*exec.Cmd, error) {
	words := strings.Split(argument, " ")
	cmd := exec.Command(words[1])
	cmd.Args = words[2:]
	cmd.Env = append(os.Environ(), part+"=wait")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if words[0] == "container" {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWPID
	}
	_, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	// It is what it is called only once it has been executed.
	_, err = bufio.NewReader(output).ReadString('\n')
	return cmd, err
}

func ignoreExit(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}

// actor is a process that plays a part.
type actor struct {
	t     testing.TB
	cmd   *exec.Cmd
	input io.Writer
	lines *bufio.Reader
	said  string // first
}

// copyNamed makes a copy of the test binary with a name.
func copyNamed(t testing.TB, name string) string {
	t.Helper()
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	path := filepath.Join(t.TempDir(), name)
	// Whoever forks while a file is open for writing keeps it busy: so another
	// process writes it.
	cmd := exec.Command("/bin/cp", "/proc/self/fd/3", path)
	cmd.ExtraFiles = []*os.File{self}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// start lets a program play a part and waits for the first thing it says.
func start(t testing.TB, program, play string, attr *syscall.SysProcAttr, args ...string) *actor {
	t.Helper()
	a := &actor{t: t, cmd: exec.Command(program, args...)}
	// The race detector lets a program sleep a second before it ends.
	a.cmd.Env = append(os.Environ(), part+"="+play, "GORACE=atexit_sleep_ms=0")
	a.cmd.SysProcAttr = attr
	a.cmd.Stderr = os.Stderr
	input, err := a.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := a.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		input.Close()
		_ = a.cmd.Wait()
	})
	a.input, a.lines = input, bufio.NewReader(output)
	a.said = a.hear()
	return a
}

// hear returns the next line that an actor prints.
func (a *actor) hear() string {
	a.t.Helper()
	line, err := a.lines.ReadString('\n')
	if err != nil {
		a.t.Fatalf("%s: %v", a.cmd.Path, err)
	}
	return strings.TrimSpace(line)
}

func (a *actor) pid() int { return a.cmd.Process.Pid }

// namespaceOf is the mount namespace of a thread.
func namespaceOf(t testing.TB, pid, tid int) mount.NamespaceID {
	t.Helper()
	name, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/task/" + strconv.Itoa(tid) + "/ns/mnt")
	if err != nil {
		t.Fatal(err)
	}
	inode, err := parseNamespace(name)
	if err != nil {
		t.Fatal(err)
	}
	return mount.NamespaceID{Inode: inode}
}

// alone are the attributes of a process in a mount namespace of its own.
func alone() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
}

func requireRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root; `make test` runs it as root as well")
	}
}
