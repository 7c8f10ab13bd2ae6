package mountns

import (
	"fmt"

	"github.com/unbusy/unbusy/internal/linux"
)

// stretch is a part of the kernel's list.
type stretch struct {
	// from is the first of them, open.
	from    *Namespace
	step    func(int) (int, linux.MountNamespace, error)
	numbers []uint64
}

// mostStretches bounds how many namespaces are open to begin stretches with.
const mostStretches = 256

// walk finds them, and goes once more through the stretches in which something was
// found.
func (s *scan) walk(l *Lister, yield func(*Namespace, error) bool) {
	own, err := l.Own()
	if err != nil {
		yield(nil, fmt.Errorf("%w: %w", ErrIncomplete, err))
		return
	}
	defer own.Close()
	defer func() {
		for _, part := range s.stretches {
			part.from.Close()
		}
	}()
	s.list(own)
	for _, err := range s.failed {
		if !yield(nil, err) {
			return
		}
	}
	if s.found[own.Unique] {
		delete(s.found, own.Unique)
		if !yield(own, nil) {
			return
		}
	}
	for _, part := range s.stretches {
		if !s.openFound(part, yield) {
			return
		}
	}
}

// stretch remembers where a namespace is in the list, in a new stretch if that
// begins here or the last one is long enough.
func (s *scan) stretch(at *Namespace, step func(int) (int, linux.MountNamespace, error), begin bool) error {
	n := len(s.stretches)
	if begin || len(s.stretches[n-1].numbers) >= batched && n < mostStretches {
		from, err := at.Keep()
		if err != nil {
			return err
		}
		s.stretches = append(s.stretches, stretch{from: from, step: step})
		n++
	}
	last := &s.stretches[n-1]
	last.numbers = append(last.numbers, at.Unique)
	return nil
}

// openFound yields what was found in a stretch, and reports whether more is wanted.
func (s *scan) openFound(part stretch, yield func(*Namespace, error) bool) bool {
	left := 0
	for _, number := range part.numbers {
		if s.found[number] {
			left++
		}
	}
	more := true
	// If one of them has ended, the list is gone through to its end: others may have
	// come between them meanwhile, so that the length of the stretch says nothing.
	visit := func(at *Namespace, err error) bool {
		if err == nil {
			if !s.found[at.Unique] {
				return true
			}
			delete(s.found, at.Unique)
			left--
			at.ID, err = at.identified()
		}
		if err != nil {
			at, err = nil, fmt.Errorf("%w: %w", ErrIncomplete, err)
		}
		more = yield(at, err)
		return more && left > 0
	}
	if left > 0 && visit(part.from, nil) {
		follow(part.from.fd, part.step, visit)
	}
	return more
}
