package mountns

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/unbusy/unbusy/internal/linux"
	"golang.org/x/sys/unix"
)

// Having returns the namespaces with a mount that query finds and is says so of,
// each open until the loop body ends. It takes a fifth of the time of a loop
// over All, and is for who expects few; is may be called for several mounts at the same
// time. Errors are as with All, and come as well for namespaces of which the table
// cannot be read.
//
// Where only one mount is on the hidden root of our own namespace it takes others
// to be like that, which all are that were made from one that is. Whoever is root
// in the first user namespace can make another one, by unmounting what he lives
// on, and of what he mounts then only the first and what is below is seen. He could
// as well keep what is mounted by a descriptor.
func (l *Lister) Having(query Query, is func(Mount) bool) iter.Seq2[*Namespace, error] {
	return func(yield func(*Namespace, error) bool) {
		s := &scan{query: query, is: is}
		if l.proc {
			s.search(l, yield)
		} else {
			s.walk(l, yield)
		}
	}
}

// None reports that there are none.
func (l *Lister) None(query Query, is func(Mount) bool) (bool, error) {
	s := &scan{query: query, is: is, first: true}
	if l.proc {
		none, err := true, error(nil)
		s.search(l, func(_ *Namespace, failed error) bool {
			none, err = false, failed
			return false
		})
		return none, err
	}
	own, err := l.Own()
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrIncomplete, err)
	}
	defer own.Close()
	s.list(own)
	return len(s.found) == 0 && len(s.failed) == 0, errors.Join(s.failed...)
}

// onlyOneOnHidden reports whether everything in a namespace is below one mount on
// the hidden root.
func onlyOneOnHidden(namespace uint64) bool {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	top, first, err := hiddenRoot(namespace, s)
	if err != nil {
		return false
	}
	all, err := countBelow(namespace, top, s)
	if err != nil {
		return false
	}
	below, err := countBelow(namespace, first, s)
	return err == nil && all == below+1
}

// countBelow is how many mounts are mounted below one.
func countBelow(namespace, top uint64, s *scratch) (int, error) {
	count := 0
	for after := uint64(0); ; {
		n, err := linux.ListMounts(namespace, top, after, s.ids[:])
		if err != nil {
			return 0, err
		}
		count += n
		if n < len(s.ids) {
			return count, nil
		}
		after = s.ids[n-1]
	}
}

// scan goes through the kernel's list, by number. On a host with many namespaces
// their tables are looked at meanwhile: either takes as long.
type scan struct {
	query Query
	is    func(Mount) bool
	// first says that one that is found, or an error, is enough.
	first bool
	// plain says that namespaces are taken to have one mount on the hidden root.
	plain bool

	stretches []stretch // none if first

	batch   []uint64
	batches chan []uint64 // nil as long as nobody reads
	reading sync.WaitGroup
	enough  atomic.Bool

	mu     sync.Mutex
	found  map[uint64]bool // by number
	failed []error
}

const (
	// batched is how many namespaces are looked at by who goes through the list,
	// before anybody is woken for that, and how many are handed over at a time. To
	// hand over fewer takes longer than to look at them.
	batched = 64
	// readers is how many tables are read at the same time: more of them wait for
	// each other in the kernel.
	readers = 2
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
			if slices.Contains(part.numbers, at.Unique) {
				left--
			}
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

// list looks at all namespaces, or until there is enough.
func (s *scan) list(own *Namespace) {
	s.plain = onlyOneOnHidden(own.Unique)
	s.look([]uint64{own.Unique})
	for _, step := range []func(int) (int, linux.MountNamespace, error){
		linux.NextMountNamespace, linux.PreviousMountNamespace,
	} {
		begin := true
		if !follow(own.fd, step, func(at *Namespace, err error) bool {
			if err == nil && !s.first {
				err = s.stretch(at, step, begin)
				begin = false
			}
			if err != nil {
				s.bring(0, fmt.Errorf("%w: %w", ErrIncomplete, err))
				return false
			}
			s.batch = append(s.batch, at.Unique)
			if len(s.batch) == batched {
				s.hand()
			}
			return !s.enough.Load()
		}) {
			break
		}
	}
	s.look(s.batch)
	if s.batches == nil {
		return
	}
	close(s.batches)
	for batch := range s.batches {
		s.look(batch)
	}
	s.reading.Wait()
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

// hand has a batch looked at: the first by the caller, and any for which there is no
// reader.
func (s *scan) hand() {
	if s.batches == nil {
		s.look(s.batch)
		s.batches = make(chan []uint64, readers)
		for range readers {
			s.reading.Go(func() {
				for batch := range s.batches {
					s.look(batch)
				}
			})
		}
	} else {
		select {
		case s.batches <- s.batch:
		default: // the readers have enough to do, or no processor
			s.look(s.batch)
		}
	}
	s.batch = make([]uint64, 0, batched)
}

// look reads the tables of a batch.
func (s *scan) look(batch []uint64) {
	for _, number := range batch {
		if s.enough.Load() {
			return
		}
		if is, err := s.has(number); is || err != nil {
			s.bring(number, err)
		}
	}
}

func (s *scan) bring(number uint64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.failed = append(s.failed, err)
	} else {
		if s.found == nil {
			s.found = make(map[uint64]bool)
		}
		s.found[number] = true
	}
	s.enough.Store(s.first)
}

// has reports whether a namespace is one that is looked for. Nothing keeps it from
// ending meanwhile.
func (s *scan) has(number uint64) (bool, error) {
	room := scratches.Get().(*scratch)
	defer scratches.Put(room)
	if s.plain {
		// To find the hidden root takes as long as everything else.
		if is, err := hasBelow(number, linux.RootMount, s.query, room, s.is); err == nil {
			return is, nil
		}
	}
	is, err := hasByNumber(number, s.query, s.is)
	if err == nil {
		return is, nil
	}
	// Neither what has ended has a mount, nor one in which all was unmounted.
	if _, gone := linux.ListMounts(number, linux.RootMount, 0, room.ids[:1]); errors.Is(gone, unix.ENOENT) {
		return false, nil
	}
	return false, fmt.Errorf("%w: read the mount table of namespace %d: %w", ErrIncomplete, number, err)
}

// search finds them through /proc.
func (s *scan) search(l *Lister, yield func(*Namespace, error) bool) {
	for ns, err := range l.search {
		is := false
		if err == nil {
			// What was read is left for who wants to see the rest of it.
			read := slices.Clone(ns.views)
			is, err = ns.Has(s.query, s.is)
			if err != nil {
				err = fmt.Errorf("%w: %w", ErrIncomplete, err)
			}
			ns.views = read
		}
		if err != nil {
			ns = nil
		}
		if (is || err != nil) && !yield(ns, err) {
			return
		}
	}
}
