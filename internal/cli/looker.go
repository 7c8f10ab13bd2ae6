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

// startLooker starts it. The caller is bound to its thread until close: the
// process dies with the thread that started it.
func startLooker() *looker {
	runtime.LockOSThread()
	l := &looker{}
	l.process, l.failed = sweep.Start(nil)
	return l
}

// run carries out a request, in another process if the first was used up.
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
