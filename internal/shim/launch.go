package shim

import (
	"fmt"
	"os/exec"

	"github.com/containerd/containerd/v2/pkg/sys/reaper"
)

// launch starts a process of ours so that the shim, which reaps every child it
// has, tells us its end. The process dies with the thread that started it; the
// Go runtime keeps its threads.
func launch(cmd *exec.Cmd) (wait func() error, err error) {
	exit, err := reaper.Default.Start(cmd)
	if err != nil {
		return nil, err
	}
	// Waited for at once: what is not read of exit holds up the news of all other
	// processes' ends.
	ended := make(chan error, 1)
	go func() {
		status, err := reaper.Default.Wait(cmd, exit)
		if err == nil && status != 0 {
			err = fmt.Errorf("exit status %d", status)
		}
		ended <- err
	}()
	return func() error { return <-ended }, nil
}
