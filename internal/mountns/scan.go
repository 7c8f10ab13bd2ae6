package mountns

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/unbusy/unbusy/internal/linux"
	"golang.org/x/sys/unix"
)

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
