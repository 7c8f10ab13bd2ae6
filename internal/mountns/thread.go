package mountns

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// Panic is what a function panics with that ran on a thread of its own and did
// so there: the value, and where it happened.
type Panic struct {
	Value any
	Stack []byte
}

// String is the value and the stack, for the runtime to print.
func (p *Panic) String() string {
	return "on a thread of its own: " + fmt.Sprint(p.Value) + "\n\n" + string(p.Stack)
}

// errExited is the error of a function that ended its goroutine in place of
// returning, by runtime.Goexit.
var errExited = errors.New("ended its goroutine")

// onThread runs f on an operating system thread that ends with it, so that
// nothing f does to its thread is ever seen by other goroutines. The error is
// f's; a panic comes out as a *Panic.
func onThread(f func() error) error {
	var (
		err      = errExited
		panicked *Panic
		done     = make(chan struct{})
	)
	var run func()
	run = func() {
		runtime.LockOSThread()
		if unix.Gettid() == os.Getpid() {
			// The main thread cannot be thrown away: the runtime would park it as it
			// is, and to others the process would be where its main thread is. While
			// this goroutine holds it, another one cannot get it.
			defer runtime.UnlockOSThread()
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				run()
			}()
			<-ended
			return
		}
		// Not unlocked: the thread ends with the goroutine.
		returned := false
		defer func() {
			if v := recover(); v != nil {
				panicked = &Panic{Value: v, Stack: debug.Stack()}
			} else if !returned {
				err = errExited
			}
		}()
		err = f()
		returned = true
	}
	go func() {
		defer close(done)
		run()
	}()
	<-done
	if panicked != nil {
		panic(panicked)
	}
	return err
}
