package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

var errLate = errors.New("gave up")

// overdue is a context that has ended, which nobody has noticed yet who waits for it.
type overdue struct{ context.Context }

func (overdue) Done() <-chan struct{} { return nil }
func (overdue) Err() error            { return errLate }

// TestWithin has functions that warn, and end or do not end in time.
func TestWithin(t *testing.T) {
	ended, end := context.WithCancelCause(t.Context())
	end(errLate)
	failed := errors.New("failed")
	for _, test := range []struct {
		name string
		ctx  context.Context
		f    func() error
		want error
		said string
	}{
		{"in time", t.Context(), func() error { return nil }, nil, "unbusy: warning: careful\n"},
		{"failed in time", t.Context(), func() error { return failed }, failed, "unbusy: warning: careful\n"},
		{"just in time", overdue{t.Context()}, func() error { return nil }, nil, "unbusy: warning: careful\n"},
		{"failed because it is late", overdue{t.Context()}, func() error { return fmt.Errorf("look: %w", errLate) }, errLate, ""},
		{"stuck", ended, func() error { select {} }, errLate, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stderr strings.Builder
			h := &host{stderr: &stderr}
			warned := make(chan struct{})
			err := h.within(test.ctx, func(warn func(error)) error {
				warn(errors.New("careful"))
				close(warned)
				return test.f()
			})
			<-warned
			if !errors.Is(err, test.want) || stderr.String() != test.said {
				t.Errorf("error %v, want %v; said %q, want %q", err, test.want, stderr.String(), test.said)
			}
		})
	}
}
