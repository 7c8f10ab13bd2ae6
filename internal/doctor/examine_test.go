package doctor

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestExamine has an area that never comes to its end: the others are looked at.
func TestExamine(t *testing.T) {
	failed := errors.New("failed")
	synctest.Test(t, func(t *testing.T) {
		end := make(chan struct{})
		hosts := make(chan *Host, 3)
		area := func(name string, examine func() (Result, error)) Area {
			return Area{name, func(_ context.Context, h *Host) (Result, error) {
				hosts <- h
				return examine()
			}}
		}
		start := time.Now()
		reports := Examine(t.Context(), "/nowhere", []Area{
			area("good", func() (Result, error) { return Result{Summary: "good"}, nil }),
			area("stuck", func() (Result, error) { <-end; return Result{}, nil }),
			area("bad", func() (Result, error) { return one(Finding{ID: "bad"}), failed }),
		})
		close(end)
		if len(reports) != 3 || time.Since(start) != perArea {
			t.Fatalf("%+v after %s", reports, time.Since(start))
		}
		if r := reports[0]; r.Area != "good" || r.Summary != "good" || r.Err != nil {
			t.Errorf("%+v", r)
		}
		if r := reports[1]; r.Area != "stuck" || r.Err == nil {
			t.Errorf("%+v", r)
		}
		if r := reports[2]; len(r.Findings) != 1 || !errors.Is(r.Err, failed) {
			t.Errorf("%+v", r)
		}
		if first, second, third := <-hosts, <-hosts, <-hosts; first != second || second == third {
			t.Error("what the stuck one may be at work on still was used again")
		}
	})
}
