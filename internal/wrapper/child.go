package wrapper

import (
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/unbusy/unbusy/internal/linux"
)

// passedOn are the signals that are sent to a runtime to end it, or that would
// end it. Those of job control reach the child from the terminal, since it is
// in the same process group.
var passedOn = []os.Signal{
	syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGABRT,
	syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGTERM,
}

// child is the wrapped runtime where it is not what the process has become.
type child struct {
	pid int
	// signals are those that the process gets in the child's place.
	signals chan os.Signal
}

// startChild starts the runtime with everything that execute would leave it,
// and to be killed if this process ends. It has to be called on a thread that
// lasts as long as the process: the kernel takes the thread for the parent.
func startChild(path string, args []string) (*child, error) {
	c := &child{signals: make(chan os.Signal, len(passedOn))}
	for _, s := range passedOn {
		// Asking for an ignored signal would end that, for the child as well.
		if !signal.Ignored(s) {
			signal.Notify(c.signals, s)
		}
	}
	for {
		pid, err := syscall.ForkExec(path, args, &syscall.ProcAttr{
			Env: os.Environ(),
			// What is open above these and was inherited is inherited again.
			Files: []uintptr{0, 1, 2},
			Sys:   &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
		})
		if err == nil {
			c.pid = pid
			return c, nil
		}
		if !errors.Is(err, syscall.EINTR) {
			return nil, err
		}
	}
}

// wait passes signals on to the child until it has ended.
func (c *child) wait() (syscall.WaitStatus, error) {
	ended, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case s := <-c.signals:
				_ = syscall.Kill(c.pid, s.(syscall.Signal)) // it may have ended just now
			case <-ended:
				return
			}
		}
	}()
	_ = linux.AwaitExit(c.pid) // whatever it met, there still is the wait below
	close(ended)
	<-stopped // before the child's number can become another process's
	for {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(c.pid, &status, 0, nil); !errors.Is(err, syscall.EINTR) {
			return status, err
		}
	}
}

// endAs ends the process as the child has ended: by the same signal, or else
// with the exit status that is returned.
func endAs(status syscall.WaitStatus) int {
	if !status.Signaled() {
		return status.ExitStatus()
	}
	_ = linux.DieOf(status.Signal()) // the shell's way of saying it remains
	return exitSignaled + int(status.Signal())
}
