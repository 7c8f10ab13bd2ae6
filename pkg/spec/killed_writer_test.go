package spec

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// replaceVariable makes the test binary a writer that replaces the file the
// variable names.
const replaceVariable = "UNBUSY_TEST_REPLACE"

// init keeps the writer on the thread that the test traces.
func init() {
	if os.Getenv(replaceVariable) != "" {
		runtime.LockOSThread()
	}
}

func TestMain(m *testing.M) {
	if path := os.Getenv(replaceVariable); path != "" {
		if err := writeTraced(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func writeTraced(path string) error {
	// Tells the tracer that from here on system calls count.
	if err := unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGSTOP); err != nil {
		return err
	}
	f, err := OpenFile(path)
	if err != nil {
		return err
	}
	if err := f.Replace([]byte(newText)); err != nil {
		return err
	}
	return f.Close()
}

// TestReplaceKilled kills the writer at the entry to and the exit from every
// one of its system calls, one run for each.
func TestReplaceKilled(t *testing.T) {
	runtime.LockOSThread() // the tracer is a thread
	defer runtime.UnlockOSThread()

	var old, replaced int
	for stop := 1; ; stop++ {
		path := filepath.Join(t.TempDir(), "config.json")
		if err := os.WriteFile(path, []byte(oldText), 0o640); err != nil {
			t.Fatal(err)
		}
		finished := killAtStop(t, path, stop)

		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("after %d stops: %v", stop, err)
		}
		switch string(got) {
		case oldText:
			old++
		case newText:
			replaced++
		default:
			t.Fatalf("after %d stops the file holds %q", stop, got)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o640 {
			t.Fatalf("after %d stops the mode is %v", stop, info.Mode())
		}
		if finished {
			break
		}
	}
	// Open, create, write, chmod, rename: fewer stops than these have means
	// that the writer was not traced.
	if old < 10 || replaced < 2 {
		t.Errorf("found the old text %d times and the new one %d times", old, replaced)
	}
}

// killAtStop runs the writer and kills it when it has stopped for so many
// system call entries and exits. It reports whether the writer was done before
// that.
func killAtStop(t *testing.T, path string, stop int) (finished bool) {
	t.Helper()
	writer := exec.Command("/proc/self/exe")
	writer.Env = append(os.Environ(), replaceVariable+"="+path)
	writer.Stderr = os.Stderr
	writer.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL}
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	pid := writer.Process.Pid

	resume := syscall.PtraceCont
	for seen := 0; ; {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &status, syscall.WALL, nil); err != nil {
			t.Fatal(err)
		}
		if status.Exited() || status.Signaled() {
			if status.Exited() && status.ExitStatus() != 0 {
				t.Fatalf("the writer failed with %d", status.ExitStatus())
			}
			return status.Exited()
		}
		signal := 0
		switch s := status.StopSignal(); s {
		case syscall.SIGSTOP:
			resume = syscall.PtraceSyscall
		case syscall.SIGTRAP:
			if seen++; seen > stop {
				if err := writer.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				continue
			}
		default:
			signal = int(s)
		}
		if err := resume(pid, signal); err != nil {
			t.Fatal(err)
		}
	}
}
