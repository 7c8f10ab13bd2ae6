package sweep

import (
	"context"
	"runtime"
	"sync"

	"github.com/unbusy/unbusy/internal/mountns"
)

// readTables reads the tables of namespaces, some at a time: that of one has some
// hundred mounts, and a container's mount can have leaked into a thousand.
func (v *view) readTables(ctx context.Context, all []found) {
	next := make(chan *found)
	var wait sync.WaitGroup
	for range min(len(all), runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for f := range next {
				v.readTable(ctx, f)
			}
		})
	}
	for i := range all {
		next <- &all[i]
	}
	close(next)
	wait.Wait()
}

func (v *view) readTable(ctx context.Context, f *found) {
	if ctx.Err() != nil {
		return // the caller says so
	}
	whole := mountns.Query{}
	if _, is := v.protected.Why(f.ID); !is {
		if f.err != nil {
			return
		}
		whole.Within = share(ctx)
	}
	f.mounts, f.err = f.Mounts(whole)
}
