package shim

import (
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/containerd/containerd/v2/pkg/sys/reaper"
)

// reap has children reaped as in a shim, where nobody else can wait for them.
func reap(t *testing.T) {
	t.Helper()
	signals := make(chan os.Signal, 32)
	signal.Notify(signals, syscall.SIGCHLD)
	t.Cleanup(func() { signal.Stop(signals) })
	go func() {
		for range signals {
			if err := reaper.Reap(); err != nil {
				t.Error(err)
			}
		}
	}()
}

func TestLaunch(t *testing.T) {
	reap(t)
	for _, test := range []struct{ script, want string }{
		{"exit 0", ""},
		{"exit 3", "exit status 3"},
		{"kill -KILL $$", "exit status 137"},
	} {
		wait, err := launch(exec.Command("/bin/sh", "-c", test.script))
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		if err := wait(); err != nil {
			said = err.Error()
		}
		if !strings.Contains(said, test.want) || test.want == "" && said != "" {
			t.Errorf("%s: %q", test.script, said)
		}
	}
	if _, err := launch(exec.Command("/absent")); err == nil {
		t.Error("an absent program was started")
	}
}

// TestLaunchOutlivesThreads has threads end while a child lives that is to end with
// the one that started it.
func TestLaunchOutlivesThreads(t *testing.T) {
	reap(t)
	input, end, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	cmd := exec.Command("/bin/sh", "-c", "read end; exit 7")
	cmd.Stdin = input
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	wait, err := launch(cmd)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		ended := make(chan struct{})
		go func() {
			runtime.LockOSThread() // and with the goroutine the thread ends
			close(ended)
		}()
		<-ended
	}
	end.Close()
	if err := wait(); err == nil || err.Error() != "exit status 7" {
		t.Errorf("the child ended with %v", err)
	}
}
