package mountns

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

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
	for _, err := range l.Having(query, is) {
		return false, err
	}
	return true, nil
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

// scan goes through the kernel's list. Nearly everywhere little is new, and who goes
// through the list looks at it on the way, which takes less than to wake another
// processor for it. Only where there is much, readers do, meanwhile.
type scan struct {
	query Query
	is    func(Mount) bool
	// plain says that namespaces are taken to have one mount on the hidden root.
	plain bool

	much    chan *Namespace // that readers look at, nil as long as there are none
	reading sync.WaitGroup

	mu    sync.Mutex
	found []finding
}

// finding is a namespace that is to be yielded, open unless there is an error.
type finding struct {
	ns  *Namespace
	err error
}

const (
	// readers is how many tables are read at the same time: more of them wait for
	// each other in the kernel.
	readers = 2
	// waiting is how many namespaces wait for a reader. Those that are open at the
	// same time must not be more than 64 with what a program has open anyway: to
	// enlarge its table of descriptors a process with threads waits for all
	// processors (expand_fdtable in fs/file.c), for 5 ms and longer.
	waiting = 16
)

// has reports whether a namespace is one that is looked for.
func (s *scan) has(ns *Namespace, query Query) (bool, error) {
	if s.plain {
		// To find the hidden root takes as long as everything else.
		room := scratches.Get().(*scratch)
		defer scratches.Put(room)
		if is, err := hasBelow(ns.Unique, linux.RootMount, query, room, s.is); err == nil || errors.Is(err, errMuch) {
			return is, err
		}
	}
	is, err := ns.Has(query, s.is)
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrIncomplete, err)
	}
	return is, nil
}

// search finds them through /proc.
func (s *scan) search(l *Lister, yield func(*Namespace, error) bool) {
	for ns, err := range l.search {
		is := false
		if err == nil {
			// What was read is left for who wants to see the rest of it.
			read := slices.Clone(ns.views)
			is, err = s.has(ns, s.query)
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

func (s *scan) walk(l *Lister, yield func(*Namespace, error) bool) {
	own, err := l.Own()
	if err != nil {
		yield(nil, fmt.Errorf("%w: %w", ErrIncomplete, err))
		return
	}
	defer own.Close()
	switch is, err := s.has(own, s.query); {
	case err != nil:
		if !yield(nil, err) {
			return
		}
	case is:
		if !yield(own, nil) {
			return
		}
	}
	s.plain = onlyOneOnHidden(own.Unique)
	wanted := s.list(own.fd, yield)
	if s.much != nil {
		close(s.much)
		s.reading.Wait()
	}
	s.deliver(wanted, yield)
}

// list goes from a namespace, which it leaves out, to both ends of the list. It
// reports whether more is wanted.
func (s *scan) list(own int, yield func(*Namespace, error) bool) bool {
	for _, next := range []func(int) (int, linux.MountNamespace, error){
		linux.NextMountNamespace, linux.PreviousMountNamespace,
	} {
		err := s.follow(own, next, yield)
		if errors.Is(err, errUnwanted) {
			return false
		}
		if err != nil {
			s.bring(finding{err: err})
			break
		}
	}
	return true
}

// errUnwanted says that the loop body wants no more.
var errUnwanted = errors.New("no more is wanted")

// follow looks at what is on one side, at each when the one after it is open: its
// place in the list is what the kernel goes on from.
func (s *scan) follow(own int, next func(int) (int, linux.MountNamespace, error), yield func(*Namespace, error) bool) error {
	var at *Namespace
	for from := own; ; from = at.fd {
		fd, info, err := next(from)
		if at != nil {
			s.glance(at)
		}
		switch {
		case errors.Is(err, unix.ENOENT):
			return nil
		case err != nil:
			return fmt.Errorf("%w: %w", ErrIncomplete, err)
		}
		at = &Namespace{ID: ID{Unique: info.ID}, fd: fd, byNumber: true}
		if !s.deliver(true, yield) {
			at.Close()
			return errUnwanted
		}
	}
}

// glance looks at a namespace, or hands it over if there is much to look at.
func (s *scan) glance(ns *Namespace) {
	few := s.query
	few.few = true
	is, err := s.has(ns, few)
	if !errors.Is(err, errMuch) {
		s.judged(ns, is, err)
		return
	}
	if s.much == nil {
		s.much = make(chan *Namespace, waiting)
		for range readers {
			s.reading.Go(s.read)
		}
	}
	s.much <- ns
}

// read looks at what is handed over.
func (s *scan) read() {
	for ns := range s.much {
		is, err := s.has(ns, s.query)
		s.judged(ns, is, err)
	}
}

// judged takes what was found out about a namespace, which it closes if nobody wants
// it.
func (s *scan) judged(ns *Namespace, is bool, err error) {
	if is {
		ns.ID, err = ns.identified()
	}
	if is && err == nil {
		s.bring(finding{ns: ns})
		return
	}
	ns.Close()
	if err != nil {
		s.bring(finding{err: err})
	}
}

func (s *scan) bring(f finding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found = append(s.found, f)
}

// deliver yields what was found, if that is wanted, closes it and reports whether
// more is wanted.
func (s *scan) deliver(wanted bool, yield func(*Namespace, error) bool) bool {
	s.mu.Lock()
	found := s.found
	s.found = nil
	s.mu.Unlock()
	for _, f := range found {
		wanted = wanted && yield(f.ns, f.err)
		if f.ns != nil {
			f.ns.Close()
		}
	}
	return wanted
}
