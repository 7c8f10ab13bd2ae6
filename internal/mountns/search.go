package mountns

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"

	"github.com/unbusy/unbusy/internal/linux"
	"golang.org/x/sys/unix"
)

// search is All by /proc: the namespaces of threads first, then those that only
// descriptors have, then those that are bound somewhere in the tables of all
// these.
func (l *Lister) search(yield func(*Namespace, error) bool) {
	s := &searcher{lister: l, yield: yield, done: map[uint64]bool{}}
	defer s.close()
	held, err := s.scan()
	if err != nil {
		s.report(err)
	}
	s.collect = len(s.unreadable) > 0
	over := make(chan struct{})
	linked := make(chan []openLink, 1)
	go func() { linked <- openByProcesses(s.pids, over) }()
	for o := range l.openAll(held, over) {
		switch {
		case s.stopped && o.err == nil:
			o.ns.Close()
			continue
		case s.stopped:
			continue
		case o.err != nil:
			s.report(o.err)
		default:
			s.release(o.ns.Inode)
			s.show(o.ns)
		}
		if s.stopped {
			close(over)
		}
	}
	// The namespaces of threads are known by now: what else descriptors have is
	// little.
	for _, l := range <-linked {
		s.descriptor(l)
	}
	for len(s.bound) > 0 && !s.stopped {
		ns := s.bound[0]
		s.bound = s.bound[1:]
		s.visit(ns)
	}
	s.reportUnreadable()
}

// searcher is the state of one search.
type searcher struct {
	lister  *Lister
	yield   func(*Namespace, error) bool
	stopped bool // the loop body wants no more

	pids []int
	// done has the inode numbers of the namespaces that were visited or wait to
	// be.
	done map[uint64]bool
	// bound are namespaces that were found as files, open.
	bound []*Namespace
	// unreadable are threads whose namespace link may not be read, and mountIDs,
	// if collect says so, the ids of all mounts seen: by them it may turn out that
	// the namespaces are known after all.
	unreadable []Thread
	collect    bool
	mountIDs   idSet
}

func (s *searcher) close() {
	for _, ns := range s.bound {
		ns.Close()
	}
}

// release lets go of a namespace that was found as a file before its threads came
// to be looked at.
func (s *searcher) release(inode uint64) {
	s.bound = slices.DeleteFunc(s.bound, func(ns *Namespace) bool {
		if ns.Inode == inode {
			ns.Close()
			return true
		}
		return false
	})
}

// report yields an error.
func (s *searcher) report(err error) {
	if !s.stopped {
		s.stopped = !s.yield(nil, fmt.Errorf("%w: %w", ErrIncomplete, err))
	}
}

// scan finds the namespaces of all threads, and for each of their root
// directories the threads that have it.
func (s *searcher) scan() (map[uint64][]view, error) {
	type root struct {
		namespace uint64
		place     linux.Place
	}
	var err error
	if s.pids, err = linux.Numbers("/proc"); err != nil {
		return nil, err
	}
	held := map[uint64][]view{}
	seen := map[root]int{} // where in held
	for _, t := range rootedThreads(s.pids) {
		if t.err != nil {
			s.unreadable = append(s.unreadable, t.Thread)
			continue
		}
		key := root{t.Namespace, t.root}
		at, known := seen[key]
		if !known {
			at = len(held[t.Namespace])
			seen[key] = at
			held[t.Namespace] = append(held[t.Namespace], view{})
		}
		v := &held[t.Namespace][at]
		v.threads = append(v.threads, t.dir())
	}
	return held, nil
}

// visit shows a namespace that was found as a file.
func (s *searcher) visit(ns *Namespace) {
	ns.views = []view{{}}
	if err := ns.readViews(); err != nil {
		ns.Close()
		s.done[ns.Inode] = true
		s.report(err)
		return
	}
	s.show(ns)
}

// show yields a namespace of which the tables were read, looks for others that are
// bound in it, and closes it.
func (s *searcher) show(ns *Namespace) {
	defer ns.Close()
	s.done[ns.Inode] = true
	for _, v := range ns.views {
		// Few tables have a bracket at all, which takes a tenth of the time to find out.
		if bytes.IndexByte(v.table.text, '[') >= 0 && bytes.Contains(v.table.text, []byte(" mnt:[")) {
			s.findBound(ns, v.table)
		}
		s.remember(v.table.text)
	}
	if !s.stopped {
		s.stopped = !s.yield(ns, nil)
	}
}

// descriptor visits a namespace that a process has open.
func (s *searcher) descriptor(l openLink) {
	if s.done[l.inode] || s.stopped {
		return
	}
	ns, err := s.lister.openFile(unix.AT_FDCWD, l.path)
	switch {
	case err == nil && s.done[ns.Inode]:
		ns.Close()
	case err == nil:
		s.visit(ns)
	case !isGone(err) && !errors.Is(err, errNotMountNamespace):
		s.report(err)
	}
}

// openFile opens a namespace by a link of /proc to its file. By the time it is
// opened that can be another file, and opening any file for reading can wait, or
// do something: hence O_PATH first.
func (l *Lister) openFile(dir int, link string) (*Namespace, error) {
	fd, err := unix.Openat(dir, link, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: link, Err: err}
	}
	defer unix.Close(fd)
	if is, err := linux.IsNamespace(fd); err != nil {
		return nil, err
	} else if !is {
		return nil, fmt.Errorf("%s: %w", link, errNotMountNamespace)
	}
	return l.openNamespace("/proc/self/fd/" + strconv.Itoa(fd))
}

// remember keeps the mount ids of a table, the first field of each line.
func (s *searcher) remember(text []byte) {
	if !s.collect {
		return
	}
	for line := range bytes.Lines(text) {
		// Whose line has another form is not looked for, either.
		if id, _, ok := number(line); ok {
			s.mountIDs.add(id)
		}
	}
}

// firstMount is the id of the mount that is first in the table of a thread, by
// its directory of /proc, 0 if it sees none. What follows is not even made.
func firstMount(dir string) (uint32, error) {
	line := make([]byte, 64)
	n, err := linux.ReadOnce(dir+"/mountinfo", line)
	if err != nil {
		return 0, err
	}
	id, _, _ := number(line[:n])
	return id, nil
}

// reportUnreadable reports the threads that may be in a namespace that was not
// visited. A mount is in one namespace only, and mount tables may be read where
// links to namespaces may not.
func (s *searcher) reportUnreadable() {
	if len(s.unreadable) == 0 {
		return
	}
	foreigners, foreign := s.lister.Foreigners(), true
	var missed []Thread
	for _, t := range s.unreadable {
		// A thread of which it cannot be told has the mount 0, which there is none of.
		first, err := firstMount("/proc/" + t.dir())
		if isGone(err) || s.mountIDs.has(first) {
			continue
		}
		missed = append(missed, t)
		foreign = foreign && foreigners.otherUsers("/proc/"+t.dir())
	}
	if len(missed) > 0 {
		err := fmt.Errorf("%d threads, the first of process %d: %w", len(missed), missed[0].PID, fs.ErrPermission)
		if foreign {
			err = fmt.Errorf("%w: %w", err, ErrForeign)
		}
		s.report(err)
	}
}
