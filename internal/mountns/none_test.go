package mountns

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestNone looks for a mount in one of more namespaces than are handed over at a
// time: in the first and in the last of them, in ours, and in none.
func TestNone(t *testing.T) {
	walk := requireWalk(t)
	var some []*Namespace
	for range 2*batched + 1 {
		some = append(some, newNamespace(t, walk))
	}
	open := func() int {
		t.Helper()
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	path := dirs(t)
	for way, l := range map[string]*Lister{"by number": walk, "through /proc": NewProcLister()} {
		for where, ns := range map[string]*Namespace{"first": some[0], "last": some[len(some)-1], "none": nil} {
			const source = "TestNone"
			if ns != nil {
				in(t, ns, func() error { return mountTmpfs(source, path) })
			}
			asked := 0
			before := open()
			none, err := l.None(Query{}, func(m Mount) bool {
				asked++
				return m.Source == source
			})
			if err != nil || none != (ns == nil) {
				t.Errorf("%s, in the %s: %v, %v", way, where, none, err)
			}
			if asked == 0 {
				t.Errorf("%s: no mount was looked at", way)
			}
			if after := open(); after != before {
				t.Errorf("%s, in the %s: %d descriptors, %d before", way, where, after, before)
			}
			if ns != nil {
				in(t, ns, func() error { return unix.Unmount(path, 0) })
			}
		}
	}
	if none, err := walk.None(Query{}, func(m Mount) bool { return m.Path == "/" }); none || err != nil {
		t.Errorf("in ours: %v, %v", none, err)
	}
}
