package cli

import (
	"context"
	"runtime"

	"github.com/unbusy/unbusy/internal/sweep"
)

// looker is the process that looks, which takes a while to start: meanwhile it is
// found out what it is to look for.
type looker struct {
	process *sweep.Process
	failed  error
}

// newLooker starts it when there is something to look for. The caller is bound to
// its thread until close: the process dies with the thread that started it.
func newLooker() *looker {
	runtime.LockOSThread()
	return &looker{}
}

// startLooker starts it now. The first request must not be to detach anything.
func startLooker() *looker {
	l := newLooker()
	l.process, l.failed = sweep.Start()
	return l
}

// run carries out a request, in a new process if there is none or it was used.
func (l *looker) run(ctx context.Context, request sweep.Request) (sweep.Report, error) {
	if l.failed != nil {
		return sweep.Report{}, l.failed
	}
	if l.process == nil {
		return sweep.Run(ctx, request)
	}
	process := l.process
	l.process = nil
	return process.Run(ctx, request)
}

func (l *looker) close() {
	if l.process != nil {
		l.process.Abandon()
	}
	runtime.UnlockOSThread()
}
