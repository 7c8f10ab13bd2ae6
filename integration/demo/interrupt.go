package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// interrupted is the exit status after a signal.
const interrupted = 130

// errInterrupted is the error of what a signal has ended.
var errInterrupted = errors.New("interrupted")

// interruptible calls a function with a context that ends at SIGINT or SIGTERM,
// in which case the error is errInterrupted. When it returns, those signals end
// the process again, and none has been lost: what comes next may be an exec,
// which forgets signals that were caught and not acted on.
func interruptible(do func(context.Context) error) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for range signals {
			cancel()
		}
	}()
	err := do(ctx)
	signal.Stop(signals)
	close(signals)
	<-heard
	if ctx.Err() != nil {
		return errInterrupted
	}
	return err
}

// leaveAtInterrupt ends the demo at SIGINT or SIGTERM, wherever it is: what is
// on in the box need not know about signals.
func leaveAtInterrupt(leave func(code int)) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		leave(interrupted)
	}()
}
