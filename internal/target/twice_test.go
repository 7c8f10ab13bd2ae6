package target

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unbusy/unbusy/pkg/cleanup"
)

// TestTwice has looks that differ: what only the second one finds does not
// count, and they are a second apart.
func TestTwice(t *testing.T) {
	found := []Lingering{{Owned: cleanup.Owned{Path: "/a"}}}
	for _, test := range []struct {
		name  string
		looks [][]Lingering
		after time.Duration
	}{
		{"nothing", [][]Lingering{nil}, 0},
		// It is known by no mount that both have seen.
		{"another one", [][]Lingering{found, found}, time.Second},
		{"gone", [][]Lingering{found, nil}, time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			start, looks := time.Now(), test.looks
			both, _, err := Twice(t.Context(), func(context.Context) ([]Lingering, []Skipped, error) {
				now := looks[0]
				looks = looks[1:]
				return now, nil, nil
			})
			if len(both) != 0 || err != nil || len(looks) != 0 || time.Since(start) != test.after {
				t.Errorf("%s: %+v, %v, %d looks left after %s", test.name, both, err, len(looks), time.Since(start))
			}
		})
	}
}

func TestTwiceInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := errors.New("too late")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, late)
		defer cancel()
		_, _, err := Twice(ctx, func(context.Context) ([]Lingering, []Skipped, error) {
			return []Lingering{{}}, nil, nil
		})
		if !errors.Is(err, late) {
			t.Error(err)
		}
	})
}
