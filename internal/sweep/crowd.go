package sweep

import (
	"iter"
	"sync"

	"github.com/unbusy/unbusy/internal/mountns"
)

// crowd are the threads of this host.
type crowd struct {
	// threads returns all, leaders those that their processes began with.
	threads, leaders func() iter.Seq2[mountns.Thread, error]
}

// asTheyAre are the threads as they are whenever somebody asks.
func asTheyAre() crowd { return crowd{mountns.Threads, mountns.Leaders} }

// asSeen are the threads as they were when somebody asked first.
func asSeen() crowd {
	return crowd{
		sync.OnceValue(func() iter.Seq2[mountns.Thread, error] { return mountns.Seen(mountns.Threads()) }),
		sync.OnceValue(func() iter.Seq2[mountns.Thread, error] { return mountns.Seen(mountns.Leaders()) }),
	}
}

// in are the threads of the processes that began in one of the namespaces, by inode
// number; of those in ours, which are many, only the first. Who went from elsewhere
// to one that others began in is left out. Where nobody began, all threads have to
// be looked at.
func (c crowd) in(wanted map[uint64]bool, own uint64) iter.Seq2[mountns.Thread, error] {
	inhabited := make(map[uint64]bool, len(wanted))
	var (
		ours []mountns.Thread
		pids []int
	)
	for t, err := range c.leaders() {
		switch {
		case err != nil && t.PID == 0:
			return c.threads()
		case err != nil:
			pids = append(pids, t.PID)
		case t.Namespace == own:
			ours = append(ours, t)
			inhabited[own] = true
		case wanted[t.Namespace]:
			pids = append(pids, t.PID)
			inhabited[t.Namespace] = true
		}
	}
	if len(inhabited) < len(wanted) {
		return c.threads()
	}
	return mountns.Seen(func(yield func(mountns.Thread, error) bool) {
		for _, t := range ours {
			if !yield(t, nil) {
				return
			}
		}
		mountns.ThreadsOf(pids)(yield)
	})
}
