package wrapper

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"sync"
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
	// unwanted ends when the process gets a signal after the child's end.
	unwanted context.Context
	cancel   context.CancelFunc

	mu  sync.Mutex
	pid int // 0 once the child has ended
}

// startChild starts the runtime with everything that execute would leave it, and to be
// killed if this process ends. Signals are passed on to it until it has ended. The
// caller is bound to its thread until wait. It is not ok if the runtime could not be
// started.
func startChild(path string, args []string) (c *child, ok bool) {
	c = new(child)
	c.unwanted, c.cancel = context.WithCancel(context.Background())
	c.mu.Lock() // nothing is sent to it before it is there
	c.heedSignals()
	// The kernel takes the thread that starts a process for its parent. While this one
	// is kept, every signal asked for would cost two changes of threads more.
	runtime.LockOSThread()
	if c.start(path, args) != nil {
		runtime.UnlockOSThread()
		return nil, false
	}
	return c, true
}

// start starts the child; mu is held until it is there.
func (c *child) start(path string, args []string) error {
	defer c.mu.Unlock()
	for {
		pid, err := syscall.ForkExec(path, args, &syscall.ProcAttr{
			Env: os.Environ(),
			// What is open above these and was inherited is inherited again.
			Files: []uintptr{0, 1, 2},
			Sys:   &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
		})
		if !errors.Is(err, syscall.EINTR) {
			c.pid = pid
			return err
		}
	}
}

func (c *child) heedSignals() {
	// Asking for an ignored signal would end that, for the child as well; and to ask
	// for none is to ask for all.
	heeded := slices.DeleteFunc(slices.Clone(passedOn), signal.Ignored)
	if len(heeded) == 0 {
		return
	}
	signals := make(chan os.Signal, len(heeded))
	signal.Notify(signals, heeded...)
	go func() {
		for s := range signals {
			c.take(s)
		}
	}()
}

// take takes a signal that the process got.
func (c *child) take(s os.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pid == 0 {
		c.cancel()
		return
	}
	_ = syscall.Kill(c.pid, s.(syscall.Signal)) // it may have ended just now
}

// wait waits until the child has ended.
func (c *child) wait() (syscall.WaitStatus, error) {
	defer runtime.UnlockOSThread()
	pid := c.pid
	_ = linux.AwaitExit(pid) // whatever it met, there still is the wait below
	c.mu.Lock()
	c.pid = 0 // before its number can become another process's
	c.mu.Unlock()
	for {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &status, 0, nil); !errors.Is(err, syscall.EINTR) {
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
