package host

import (
	"errors"
	"fmt"
	"os"
)

// Stage is for programs what a test is for tests: a [T] on which something is
// performed. The zero value is ready.
type Stage struct {
	errs     []error
	cleanups []func()
}

// abandoned is what a performance panics with that cannot go on.
type abandoned struct{}

// Perform runs f and what has to be cleaned up after it, and returns
// everything that went wrong.
func (s *Stage) Perform(f func()) error {
	s.guard(f)
	for len(s.cleanups) > 0 {
		last := len(s.cleanups) - 1
		cleanup := s.cleanups[last]
		s.cleanups = s.cleanups[:last]
		s.guard(cleanup)
	}
	return errors.Join(s.errs...)
}

// guard lets Fatalf end a function and nothing beyond it.
func (s *Stage) guard(f func()) {
	defer func() {
		if why := recover(); why != nil && why != (abandoned{}) {
			panic(why)
		}
	}()
	f()
}

// Helper does nothing: there are no line numbers to get right.
func (s *Stage) Helper() {}

// Failed tells whether something went wrong so far.
func (s *Stage) Failed() bool { return len(s.errs) > 0 }

// Logf writes to standard error.
func (s *Stage) Logf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// Errorf notes that something went wrong.
func (s *Stage) Errorf(format string, args ...any) {
	s.errs = append(s.errs, fmt.Errorf(format, args...))
}

// Fatalf ends the performance.
func (s *Stage) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	panic(abandoned{})
}

// Skipf is Fatalf: what is not performed has failed.
func (s *Stage) Skipf(format string, args ...any) { s.Fatalf(format, args...) }

// Cleanup has a function called when the performance is over, the last one
// first.
func (s *Stage) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }
