package mountns

import (
	"errors"
	"fmt"
	"iter"
	"slices"
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
