package shim

import (
	"errors"
	"time"

	"github.com/unbusy/unbusy/pkg/cleanup"
)

// rest is what a pod's sandbox owns beyond its record.
type rest struct {
	owned []cleanup.Owned
	err   error
}

var (
	errNotSeen = errors.New("what the pod got since its start could not be looked for")
	errLate    = errors.New("looking for what the pod got since its start takes too long")
)

// lookFor looks for it while the container is being deleted.
func (d *deletion) lookFor(more func() ([]cleanup.Owned, error)) {
	found := make(chan rest, 1)
	d.rest = found
	go func() {
		r := rest{err: errNotSeen}
		guarded(d.described.Log, func() { r.owned, r.err = more() })
		found <- r
	}()
}

// complete waits for the rest. Without an error everything that the container owns
// is known.
func (d *deletion) complete() error {
	if d.rest == nil {
		return nil
	}
	began := time.Now()
	defer func() { d.left -= time.Since(began) }()
	select {
	case r := <-d.rest:
		d.ofPod = append(d.ofPod, r.owned...)
		return r.err
	case <-time.After(d.left):
		return errLate
	}
}
