package linux

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// dieVariable has the test binary end by the signal of that number.
const dieVariable = "UNBUSY_TEST_DIE_OF"

func TestMain(m *testing.M) {
	if number, err := strconv.Atoi(os.Getenv(dieVariable)); err == nil {
		fmt.Fprintln(os.Stderr, "still there:", DieOf(syscall.Signal(number)))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestAwaitExit(t *testing.T) {
	command := exec.Command("sh", "-c", "exit 3")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if err := AwaitExit(command.Process.Pid); err != nil {
		t.Error(err)
	}
	// It has ended, and is still there to be waited for.
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(command.Process.Pid, &status, syscall.WNOHANG, nil)
	if err != nil || pid != command.Process.Pid || status.ExitStatus() != 3 {
		t.Errorf("%d, %v, %v", pid, status, err)
	}
	if err := AwaitExit(command.Process.Pid); !errors.Is(err, unix.ECHILD) {
		t.Errorf("of nobody: %v, want ECHILD", err)
	}
}

// TestDieOf has signals for which Go has a handler of its own, and one that
// nothing can have a handler for.
func TestDieOf(t *testing.T) {
	for _, s := range []syscall.Signal{unix.SIGTERM, unix.SIGQUIT, unix.SIGSEGV, unix.SIGPIPE, unix.SIGUSR1, unix.SIGKILL, 40} {
		// A core dump is wanted, and the signal is blocked.
		const caller = `ulimit -c unlimited 2>/dev/null; exec env --block-signal="$0" "$@"`
		command := exec.Command("sh", "-c", caller, strconv.Itoa(int(s)), "/proc/"+strconv.Itoa(os.Getpid())+"/exe")
		command.Env, command.Dir = []string{dieVariable + "=" + strconv.Itoa(int(s)), "PATH=" + os.Getenv("PATH")}, t.TempDir()
		out, err := command.CombinedOutput()
		status, ok := command.ProcessState.Sys().(syscall.WaitStatus)
		if !ok || !status.Signaled() || status.Signal() != s || status.CoreDump() || len(out) != 0 {
			t.Errorf("%v: %v, output %q", s, err, out)
		}
	}
}

func TestInherited(t *testing.T) {
	own, err := os.Open("/dev/zero")
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	inherited, err := unix.FcntlInt(own.Fd(), unix.F_DUPFD, 100)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(inherited)
	all, err := Inherited()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(all, inherited) || slices.Contains(all, int(own.Fd())) || slices.Min(all) < 3 {
		t.Errorf("%v, want %d and neither %d nor a standard one", all, inherited, own.Fd())
	}
}
