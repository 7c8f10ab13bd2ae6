package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/unbusy/unbusy/integration/bench/result"
	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// stopper is a way in which containerd deletes a container's task.
type stopper struct {
	name    string
	engine  *host.Containerd
	handler string
}

// leaks measures how long it takes to delete the task of a container that has ended,
// and of whose root file system other namespaces have private copies.
func (b *bench) leaks() *result.Part {
	part := &result.Part{}
	table := result.Table{Title: "ctr task delete, with leaked copies of the container's root file system", Columns: []string{"copies"}}
	h := host.New(b.t)
	stock := h.Containerd(host.Runtime("stock", ""), host.Runtime("wrapped", h.Installed(b.program("unbusy-runtime"), "bin")))
	stoppers := []stopper{
		{"containerd's shim and runc", stock, "stock"},
		{"containerd's shim and unbusy-runtime", stock, "wrapped"},
		{"unbusy's shim", b.containerd(host.New(b.t)), handler},
	}
	for _, s := range stoppers {
		table.Columns = append(table.Columns, s.name)
	}
	most := min(mostCopies, b.namespaces[len(b.namespaces)-1])
	for _, what := range []of{
		{namespaces: 10, copies: 0}, {namespaces: 10, copies: 1}, {namespaces: 10, copies: 10},
		{namespaces: most, copies: 0}, {namespaces: most, copies: 1}, {namespaces: most, copies: 10},
		{namespaces: most, copies: 100}, {namespaces: most, copies: most},
	} {
		if what.copies > what.namespaces || what.namespaces > most {
			continue
		}
		what.mounts = 30
		b.t.Logf("    %s", described(what))
		row := []string{fmt.Sprintf("%d in %d namespaces", what.copies, what.namespaces)}
		for i, took := range b.leaked(stoppers, what) {
			row = append(row, shown(took))
			if what.namespaces == most {
				addPoint(part, "Deleting a container that has leaked", stoppers[i].name, "leaked copies", float64(what.copies), took)
			}
		}
		table.Rows = append(table.Rows, row)
	}
	part.Tables = append(part.Tables, table)
	return part
}

// leaked are the median times of the stoppers.
func (b *bench) leaked(stoppers []stopper, what of) []time.Duration {
	b.t.Helper()
	older := what
	older.namespaces, older.copies = what.namespaces-what.copies, 0
	before := b.load(older)
	defer before.end()
	took := make([][]time.Duration, len(stoppers))
	for range b.fewer(40) {
		for _, i := range rand.Perm(len(stoppers)) {
			took[i] = append(took[i], b.deleteLeaked(stoppers[i], what))
		}
	}
	medians := make([]time.Duration, len(took))
	for i := range took {
		medians[i] = median(took[i])
	}
	return medians
}

// deleteLeaked runs a container, has its root file system leak, and times its
// deletion.
func (b *bench) deleteLeaked(s stopper, what of) time.Duration {
	b.t.Helper()
	c := s.engine
	k := c.Run(name, host.Under(s.handler))
	later := what
	later.namespaces, later.victim = what.copies, k.Rootfs()
	after := b.load(later)
	defer after.end()
	c.Ctr("task", "kill", "--signal", "KILL", k.ID())
	host.Await(b.t, "the container's end", func() bool { return strings.Contains(c.Ctr("task", "list"), "STOPPED") })
	rootfs, there, err := observe.At(k.Rootfs())
	if err != nil || !there {
		b.t.Fatalf("%s: the root file system is mounted: %v, %v", s.name, there, err)
	}
	if n := b.holders(rootfs); n != what.copies {
		b.t.Fatalf("%s: %d copies, want %d", s.name, n, what.copies)
	}
	began := time.Now()
	c.Ctr("task", "delete", k.ID())
	lasted := time.Since(began)
	// Without unbusy they go when containerd removes the directory that they are on.
	if left := b.holders(rootfs); left != 0 {
		b.t.Fatalf("%s: %d of %d copies are left", s.name, left, what.copies)
	}
	k.Delete()
	return lasted
}

// holders is how many processes have a copy of a container's root file system.
func (b *bench) holders(rootfs observe.Mount) int {
	b.t.Helper()
	all, err := observe.Holders(rootfs.Device)
	if err != nil {
		b.t.Fatalf("%v", err)
	}
	n := 0
	for _, h := range all {
		if slices.Contains(h.Points, rootfs.Point) {
			n++
		}
	}
	return n
}
