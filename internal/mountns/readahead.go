package mountns

import (
	"maps"
	"slices"
	"sync"
)

// opened is a namespace that threads are in, with the tables that they see, or what
// kept it from being opened.
type opened struct {
	ns  *Namespace
	err error
}

// ahead is how many namespaces may be open for who looks at them, so that the readers
// go on while nobody does.
const ahead = 64

// openAll opens the namespaces of threads and reads their tables, some at a time:
// the kernel takes longer to write one than anybody to look for something in it.
// When over is closed no more are opened. Whoever receives one closes it, and has
// to receive until the channel is closed.
func (l *Lister) openAll(held map[uint64][]view, over <-chan struct{}) <-chan opened {
	all := make(chan opened, ahead)
	inodes := make(chan uint64)
	go func() {
		defer close(inodes)
		for _, inode := range slices.Sorted(maps.Keys(held)) {
			select {
			case inodes <- inode:
			case <-over:
				return
			}
		}
	}()
	var wait sync.WaitGroup
	for range readers {
		wait.Go(func() {
			for inode := range inodes {
				ns, err := l.openHeld(inode, held[inode])
				if err == nil && ns != nil {
					if err = ns.readViews(); err != nil {
						ns.Close()
					}
				}
				if ns != nil || err != nil {
					all <- opened{ns, err}
				}
			}
		})
	}
	go func() {
		wait.Wait()
		close(all)
	}()
	return all
}

// openHeld opens a namespace through one of the threads that were in it. It is
// nil if none is any more.
func (l *Lister) openHeld(inode uint64, views []view) (*Namespace, error) {
	var failed error
	for _, v := range views {
		for _, thread := range v.threads {
			ns, err := l.openNamespace("/proc/" + thread + "/ns/mnt")
			if err != nil {
				if !isGone(err) {
					failed = err
				}
				continue
			}
			if ns.Inode == inode {
				ns.views = views
				return ns, nil
			}
			ns.Close() // a thread that moved: where to, the next search shows
		}
	}
	return nil, failed
}

// readViews reads what the namespace's threads see, or else what somebody sees who
// enters it.
func (ns *Namespace) readViews() error {
	// The text is kept for Mounts: reading all tables is what takes the time.
	readable := ns.views[:0:0]
	for _, v := range ns.views {
		table, err := v.read(ns)
		if err != nil {
			continue // nobody has that root any more
		}
		v.table = table
		readable = append(readable, v)
	}
	if len(readable) == 0 {
		text, err := ns.ownText()
		if err != nil {
			return err
		}
		readable = []view{{table: &seenTable{text: text, root: "/"}}}
	}
	ns.views = readable
	return nil
}
