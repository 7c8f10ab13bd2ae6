package shim

import (
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/containerd/containerd/v2/pkg/sys/reaper"
)

// TestLaunch has children reaped as in a shim, where nobody else can wait for
// them.
func TestLaunch(t *testing.T) {
	signals := make(chan os.Signal, 32)
	signal.Notify(signals, syscall.SIGCHLD)
	defer signal.Stop(signals)
	go func() {
		for range signals {
			if err := reaper.Reap(); err != nil {
				t.Error(err)
			}
		}
	}()
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
