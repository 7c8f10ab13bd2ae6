package target

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/mount"
)

const (
	// perTable is how long reading one foreign mount table may take: that of
	// 100,000 mounts takes a tenth of it, unless somebody made it for that.
	perTable = time.Second
	// share is the part of the time that all of these may take together.
	share = 3
)

// errTooLong says that a mount table was not read to its end.
var errTooLong = errors.New("reading it takes too long")

// patience is how long foreign mount tables are read, where the kernel reads
// them by number.
type patience struct {
	until time.Time
}

// newPatience leaves most of a context's time for what comes after.
func newPatience(ctx context.Context) *patience {
	p := &patience{}
	if deadline, ok := ctx.Deadline(); ok {
		p.until = time.Now().Add(time.Until(deadline) / share)
	}
	return p
}

// limit is how long the next table may take.
func (p *patience) limit() time.Duration {
	if p.until.IsZero() {
		return perTable
	}
	return max(0, min(perTable, time.Until(p.until)))
}

// mounts reads a mount table. If that takes too long, what was listed by then is
// looked at no closer, and reading goes on in the background until the kernel is
// done: the error satisfies errors.Is(err, errTooLong).
func (p *patience) mounts(ns *mountns.Namespace) ([]mount.Mount, error) {
	type table struct {
		mounts []mount.Mount
		err    error
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.limit())
	defer cancel()
	// By number, the namespace's descriptor is not used: the caller may close it.
	kept := &mountns.Namespace{}
	*kept = *ns
	done := make(chan table, 1)
	go func() {
		mounts, err := kept.Mounts(mountns.Query{Device: func(mount.Device) bool { return ctx.Err() == nil }})
		done <- table{mounts, err}
	}()
	tooLong := fmt.Errorf("the mount table of %s: %w", ns, errTooLong)
	select {
	case t := <-done:
		if t.err == nil && ctx.Err() != nil {
			t.err = tooLong
		}
		return t.mounts, t.err
	case <-ctx.Done():
		return nil, tooLong
	}
}
