// Package bounded calls functions that must not fail or delay their caller.
package bounded

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// grace is how much longer than its time a function may take, for the look
// whether the time is over.
const grace = 20 * time.Millisecond

// Run calls f, and returns no later than shortly after the end of ctx: f goes on
// by itself then, and the error says so. A panic of f is an error.
func Run(ctx context.Context, f func(context.Context) error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- fmt.Errorf("panic: %v", r)
			}
		}()
		done <- f(ctx)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(grace):
		return errors.Join(errors.New("given up"), context.Cause(ctx))
	}
}
