package cli

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unbusy/unbusy/internal/target"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// TestLookTwice has looks that differ: what only the second one finds does not
// count, and they are a second apart.
func TestLookTwice(t *testing.T) {
	found := []target.Lingering{{Owned: cleanup.Owned{Path: "/a"}}}
	for _, test := range []struct {
		name  string
		looks [][]target.Lingering
		after time.Duration
	}{
		{"nothing", [][]target.Lingering{nil}, 0},
		// It is known by no mount that both have seen.
		{"another one", [][]target.Lingering{found, found}, time.Second},
		{"gone", [][]target.Lingering{found, nil}, time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			start, looks := time.Now(), test.looks
			both, _, err := lookTwice(t.Context(), func(context.Context) ([]target.Lingering, []target.Skipped, error) {
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

func TestLookTwiceInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := errors.New("too late")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, late)
		defer cancel()
		_, _, err := lookTwice(ctx, func(context.Context) ([]target.Lingering, []target.Skipped, error) {
			return []target.Lingering{{}}, nil, nil
		})
		if !errors.Is(err, late) {
			t.Error(err)
		}
	})
}
