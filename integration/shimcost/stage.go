package main

import (
	"errors"
	"fmt"
	"os"
)

// stage is what measurements are made on: the part that a test has in tests. It
// is a host.T.
type stage struct {
	errs     []error
	cleanups []func()
}

// abandoned is what a measurement panics with that cannot go on.
type abandoned struct{}

// perform makes measurements and does what has to be cleaned up after them, and
// returns everything that went wrong.
func (s *stage) perform(measure func()) error {
	s.guard(measure)
	for len(s.cleanups) > 0 {
		last := len(s.cleanups) - 1
		cleanup := s.cleanups[last]
		s.cleanups = s.cleanups[:last]
		s.guard(cleanup)
	}
	return errors.Join(s.errs...)
}

// guard lets Fatalf end a function and nothing beyond it.
func (s *stage) guard(f func()) {
	defer func() {
		if why := recover(); why != nil && why != (abandoned{}) {
			panic(why)
		}
	}()
	f()
}

// Helper does nothing: there are no line numbers to get right.
func (s *stage) Helper() {}

// Failed tells whether something went wrong so far.
func (s *stage) Failed() bool { return len(s.errs) > 0 }

// Logf writes to standard error.
func (s *stage) Logf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// Errorf notes that something went wrong.
func (s *stage) Errorf(format string, args ...any) {
	s.errs = append(s.errs, fmt.Errorf(format, args...))
}

// Fatalf ends the measurements.
func (s *stage) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	panic(abandoned{})
}

// Skipf is Fatalf: what is not measured has failed.
func (s *stage) Skipf(format string, args ...any) { s.Fatalf(format, args...) }

// Cleanup has a function called at the end, the last one first.
func (s *stage) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }
