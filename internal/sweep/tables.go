package sweep

import (
	"context"
	"runtime"
	"sync"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// readTables reads the tables of namespaces, some at a time: that of one has some
// hundred mounts, and a container's mount can have leaked into a thousand.
func (v *view) readTables(ctx context.Context, all []found, owned []cleanup.Owned) {
	next := make(chan *found)
	ofOwned := query(owned).Device
	var wait sync.WaitGroup
	for range min(len(all), runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for f := range next {
				v.readTable(ctx, f, owned, ofOwned)
			}
		})
	}
	for i := range all {
		next <- &all[i]
	}
	close(next)
	wait.Wait()
}

// readTable reads the table of a namespace. Where no engine is, more than numbers
// is known only of what the rules look at.
func (v *view) readTable(ctx context.Context, f *found, owned []cleanup.Owned, ofOwned func(mountns.Device) bool) {
	if ctx.Err() != nil {
		return // the caller says so
	}
	table := mountns.Query{}
	if _, is := v.protected.Why(f.ID); !is {
		if f.err != nil {
			return
		}
		table.Named, table.Within = ofOwned, share(ctx)
	}
	if f.mounts, f.err = f.Mounts(table); f.err == nil {
		f.identify(owned)
	}
}

// identify finds out what tells copies apart and is in no table.
func (f *found) identify(owned []cleanup.Owned) {
	// One that was read as a text is without unique ids.
	f.Identify(f.mounts, func(m mount.Mount) bool { return mayBeCopy(owned, m) })
	f.upperDirs = make(map[uint64]string)
	for i := range f.mounts {
		m := &f.mounts[i]
		if m.FSType != "overlay" || !mayBeCopy(owned, *m) {
			continue
		}
		// Of a mount that is gone by now nothing is detached either.
		if dir, err := f.UpperDir(*m); err == nil {
			f.upperDirs[m.OldID] = dir
		}
	}
}
