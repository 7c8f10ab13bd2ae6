package shim

import (
	"errors"
	"testing"
	"time"

	"github.com/unbusy/unbusy/pkg/cleanup"
)

func TestComplete(t *testing.T) {
	volume := []cleanup.Owned{{Kind: cleanup.Volume, Path: "/volume"}}
	never := make(chan struct{})
	defer close(never)
	for _, test := range []struct {
		name  string
		more  func() ([]cleanup.Owned, error)
		left  time.Duration
		found int
		want  error
	}{
		{"found", func() ([]cleanup.Owned, error) { return volume, nil }, time.Hour, 1, nil},
		{"failed", func() ([]cleanup.Owned, error) { return nil, errInner }, time.Hour, 0, errInner},
		{"panicked", func() ([]cleanup.Owned, error) { panic("this is the test's") }, time.Hour, 0, errNotSeen},
		{"late", func() ([]cleanup.Owned, error) { <-never; return volume, nil }, time.Millisecond, 0, errLate},
	} {
		d := newDeletion(t)
		d.left = test.left
		d.lookFor(test.more)
		if err := d.complete(); !errors.Is(err, test.want) || len(d.ofPod) != test.found {
			t.Errorf("%s: %v, %+v", test.name, err, d.ofPod)
		}
		if d.left >= test.left {
			t.Errorf("%s: the time that it took is not counted", test.name)
		}
	}
	if err := newDeletion(t).complete(); err != nil {
		t.Errorf("nothing to look for: %v", err)
	}
}
