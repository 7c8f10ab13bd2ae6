package mountns

import (
	"slices"
	"sync"

	"github.com/unbusy/unbusy/internal/linux"
)

// rooted is a thread and its root directory, or an error of [Threads].
type rooted struct {
	Thread
	root linux.Place
	err  error
}

// rootedThreads are the threads of some processes in the order of these, which are
// looked at some at a time: following links of /proc is what the time goes into.
func rootedThreads(pids []int) []rooted {
	var parts [readers][]rooted
	var wait sync.WaitGroup
	at := 0
	for some := range slices.Chunk(pids, len(pids)/readers+1) {
		part := &parts[at]
		at++
		wait.Go(func() {
			for t, err := range ThreadsOf(some) {
				r := rooted{Thread: t, err: err}
				if err == nil {
					// If the root is not to be seen, the view may still be the only one.
					r.root, _ = linux.PlaceOf("/proc/" + t.dir() + "/root")
				}
				*part = append(*part, r)
			}
		})
	}
	wait.Wait()
	return slices.Concat(parts[:]...)
}
