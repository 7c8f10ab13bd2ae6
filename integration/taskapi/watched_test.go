package taskapi

import (
	"errors"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// watched is the process of a shim, which is nobody's child here.
type watched struct {
	pid, fd int
}

// watch begins to watch a process, which is killed with the test if it has not
// ended by then.
func watch(t *testing.T, pid int) *watched {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatalf("watch process %d: %v", pid, err)
	}
	w := &watched{pid: pid, fd: fd}
	t.Cleanup(func() {
		if !w.ended() {
			w.signal(t, unix.SIGKILL)
		}
		unix.Close(fd)
	})
	return w
}

func (w *watched) signal(t *testing.T, signal unix.Signal) {
	t.Helper()
	if err := unix.PidfdSendSignal(w.fd, signal, nil, 0); err != nil {
		t.Errorf("signal process %d: %v", w.pid, err)
	}
}

func (w *watched) ended() bool { return w.wait(0) }

// await waits until the process has ended.
func (w *watched) await(t *testing.T) {
	t.Helper()
	if !w.wait(patience) {
		t.Fatalf("waited %s for process %d to end", patience, w.pid)
	}
}

func (w *watched) wait(limit time.Duration) bool {
	deadline := time.Now().Add(limit)
	for {
		fds := []unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, int(max(0, time.Until(deadline)).Milliseconds()))
		if !errors.Is(err, unix.EINTR) {
			return n > 0
		}
	}
}

// runtime calls runc.
func (r *run) runtime(args ...string) {
	r.t.Helper()
	cmd := exec.Command(filepath.Join(r.runc, "runc"), append([]string{"--root", filepath.Dir(r.runcState(first))}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Errorf("runc %v: %v: %s", args, err, out)
	}
}
