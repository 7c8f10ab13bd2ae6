package shim

import (
	"fmt"
	"os/exec"
	"runtime"

	"github.com/containerd/containerd/v2/pkg/sys/reaper"
)

// launch starts a process of ours so that the shim, which reaps every child it
// has, tells us its end. The process dies with the thread that started it, which is
// kept until then: some of what containerd does ends the thread that it is done on
// (core/mount mountAt).
func launch(cmd *exec.Cmd) (wait func() error, err error) {
	started, ended := make(chan error, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		exit, err := reaper.Default.Start(cmd)
		started <- err
		if err != nil {
			return
		}
		// Waited for at once: what is not read of exit holds up the news of all other
		// processes' ends.
		status, err := reaper.Default.Wait(cmd, exit)
		if err == nil && status != 0 {
			err = fmt.Errorf("exit status %d", status)
		}
		ended <- err
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return func() error { return <-ended }, nil
}
