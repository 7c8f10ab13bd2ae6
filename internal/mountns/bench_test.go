package mountns

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// What the benchmarks look through, beside what else is on the machine.
const (
	benchNamespaces = 100
	benchMounts     = 200
)

// crowd makes namespaces that all have copies of the same mounts, and one that
// is mounted last and comes to all by propagation: that is returned.
func crowd(b *testing.B, l *Lister) Mount {
	b.Helper()
	first := newNamespace(b, l)
	top := dirs(b)
	last := filepath.Join(top, "last")
	in(b, first, func() error {
		if err := errors.Join(unix.Mount("top", top, "tmpfs", 0, ""), propagate(top, unix.MS_SHARED), os.Mkdir(last, 0o700)); err != nil {
			return err
		}
		for i := range benchMounts {
			dir := filepath.Join(top, strconv.Itoa(i))
			if err := errors.Join(os.Mkdir(dir, 0o700), mountTmpfs("many", dir)); err != nil {
				return err
			}
		}
		for range benchNamespaces {
			hold(b, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS})
		}
		return mountTmpfs("last", last)
	})
	return only(b, first, last)
}

// BenchmarkScan looks for copies of one mount in all namespaces.
func BenchmarkScan(b *testing.B) {
	walk := requireWalk(b)
	wanted := crowd(b, walk)
	device := func(d Device) bool { return d == wanted.Device }
	for _, scan := range []struct {
		name   string
		lister *Lister
		query  *Query // nil to look at no table
	}{
		{"walk", walk, nil},
		{"walk/newer", walk, &Query{NewerThan: wanted.UniqueID, Device: device}},
		{"walk/device", walk, &Query{Device: device}},
		{"walk/all", walk, &Query{}},
		{"proc", NewProcLister(), nil},
		{"proc/device", NewProcLister(), &Query{Device: device}},
	} {
		b.Run(scan.name, func(b *testing.B) {
			namespaces, hits := 0, 0
			for b.Loop() {
				namespaces, hits = 0, 0
				for ns, err := range scan.lister.All() {
					if err != nil {
						b.Fatal(err)
					}
					namespaces++
					if scan.query == nil {
						continue
					}
					mounts, err := ns.Mounts(*scan.query)
					if err != nil {
						b.Fatal(err)
					}
					hits += len(mounts)
				}
			}
			perNamespace := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / float64(namespaces)
			b.ReportMetric(perNamespace, "ns/namespace")
			if scan.query != nil && hits < benchNamespaces {
				b.Errorf("%d copies found, want %d", hits, benchNamespaces)
			}
		})
	}
}

// BenchmarkEnter goes into a namespace and comes back.
func BenchmarkEnter(b *testing.B) {
	requireRoot(b)
	ns := newNamespace(b, NewLister())
	for b.Loop() {
		in(b, ns, func() error { return nil })
	}
}

// BenchmarkDetach mounts and detaches, in a namespace with few mounts.
func BenchmarkDetach(b *testing.B) {
	ns := newNamespace(b, requireWalk(b))
	dir := dirs(b)
	newest := uint64(0)
	for b.Loop() {
		b.StopTimer()
		in(b, ns, func() error { return mountTmpfs("it", dir) })
		mounts, err := ns.Mounts(Query{NewerThan: newest})
		if err != nil || len(mounts) == 0 {
			b.Fatal(fmt.Errorf("no mount: %w", err))
		}
		m := mounts[len(mounts)-1]
		newest = m.UniqueID
		b.StartTimer()
		if err := ns.Detach(target(m)); err != nil {
			b.Fatal(err)
		}
	}
}
