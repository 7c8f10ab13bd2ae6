package mountns

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestNamed(t *testing.T) {
	ns := newNamespace(t, requireWalk(t))
	top := dirs(t, "below", "other", "fuse")
	path := func(name string) string { return filepath.Join(top, name) }
	in(t, ns, func() error {
		return errors.Join(
			mountTmpfs("below", path("below")), os.Mkdir(path("below/wanted"), 0o700), mountTmpfs("wanted", path("below/wanted")),
			mountTmpfs("other", path("other")), os.Mkdir(path("other/on"), 0o700), mountTmpfs("on the other", path("other/on")),
			mountSilentFUSE(t, path("fuse")),
		)
	})
	wanted := only(t, ns, path("below/wanted")).Device
	for name, reader := range map[string]*Namespace{"by number": ns, "by text": withProc(t, ns)} {
		all, err := reader.Mounts(Query{})
		if err != nil {
			t.Fatal(err)
		}
		whole := make(map[uint64]Mount, len(all))
		for _, m := range all {
			whole[m.OldID] = m
		}
		some, err := reader.Mounts(Query{Named: func(d Device) bool { return d == wanted }})
		if err != nil || len(some) != len(all) {
			t.Fatalf("%s: %d mounts of %d, %v", name, len(some), len(all), err)
		}
		for _, m := range some {
			want := whole[m.OldID]
			switch want.Path {
			case path("other"), path("other/on"):
				if name == "by number" {
					want.Root, want.Path, want.FSType, want.Source = "", "", "", ""
				}
			case path("below"), path("below/wanted"), path("fuse"):
			default:
				if m.FSType == "" { // what the machine has mounted beside
					continue
				}
			}
			if m != want {
				t.Errorf("%s: got %+v, want %+v", name, m, want)
			}
		}
	}
}

func TestHas(t *testing.T) {
	ns := newNamespace(t, requireWalk(t))
	dir := dirs(t)
	in(t, ns, func() error { return mountTmpfs("TestHas", dir) })
	m := only(t, ns, dir)
	for name, reader := range map[string]*Namespace{"by number": ns, "by text": withProc(t, ns)} {
		for _, test := range []struct {
			what  string
			query Query
			want  bool
		}{
			{"all", Query{}, true},
			{"its device", Query{Device: func(d Device) bool { return d == m.Device }}, true},
			{"no device", Query{Device: func(Device) bool { return false }}, false},
		} {
			has, err := reader.Has(test.query, func(m Mount) bool { return m.Source == "TestHas" && m.Path == dir })
			if err != nil || has != test.want {
				t.Errorf("%s, %s: %v, %v", name, test.what, has, err)
			}
		}
	}
	asked := 0
	has, err := ns.Has(Query{}, func(Mount) bool {
		asked++
		return true
	})
	if !has || err != nil || asked != 1 {
		t.Errorf("%v, %v, and %d mounts were looked at for the first one", has, err, asked)
	}
}
