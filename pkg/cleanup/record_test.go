package cleanup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/unbusy/unbusy/pkg/mount"
)

var aRecord = Record{ID: "c1", Sandbox: true, Owned: []Owned{
	{
		Kind: Rootfs, Path: merged, Tail: "overlay2/aaa/merged", Device: mount.Device{Major: 1, Minor: 60},
		Root: "/", FSType: "overlay", UniqueID: 1 << 60, OldID: 40, UpperDir: "/up/\x1b\"aaa",
		On: Place{Device: mount.Device{Major: 254}, Path: merged},
	},
	{Kind: Netns, Path: "/run/netns/x", Root: "net:[1]", FSType: "nsfs"},
}}

func TestRecordRoundTrip(t *testing.T) {
	bundle := t.TempDir()
	if err := WriteRecord(bundle, Record{ID: "c1", Version: 77}); err != nil {
		t.Fatal(err)
	}
	// What another one that was killed left behind is in nobody's way.
	if err := os.WriteFile(filepath.Join(bundle, RecordName+".new"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := WriteRecord(bundle, aRecord); err != nil {
		t.Fatal(err)
	}
	got, err := ReadRecord(bundle, "c1")
	if err != nil {
		t.Fatal(err)
	}
	want := aRecord
	want.Version = recordVersion
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	entries, err := os.ReadDir(bundle)
	if err != nil || len(entries) != 1 {
		t.Errorf("in the bundle: %v, %v", entries, err)
	}
	if info, err := os.Stat(filepath.Join(bundle, RecordName)); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// TestWriteRecordReplacesALink has a link in the record's place: what it leads
// to stays as it is.
func TestWriteRecordReplacesALink(t *testing.T) {
	for _, name := range []string{RecordName, RecordName + ".new"} {
		bundle := t.TempDir()
		target := filepath.Join(bundle, "target")
		if err := os.WriteFile(target, []byte("untouched"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("target", filepath.Join(bundle, name)); err != nil {
			t.Fatal(err)
		}
		if err := WriteRecord(bundle, aRecord); err != nil {
			t.Fatal(err)
		}
		if text := readFile(t, target); string(text) != "untouched" {
			t.Errorf("%s: %s", name, text)
		}
		if _, err := ReadRecord(bundle, "c1"); err != nil {
			t.Error(err)
		}
	}
}

func TestWriteRecordFails(t *testing.T) {
	if err := WriteRecord(filepath.Join(t.TempDir(), "missing"), aRecord); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no bundle: %v", err)
	}
	// A directory that is not empty can neither be removed nor replaced.
	for _, name := range []string{RecordName, RecordName + ".new"} {
		bundle := t.TempDir()
		if err := os.MkdirAll(filepath.Join(bundle, name, "x"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := WriteRecord(bundle, aRecord); err == nil {
			t.Errorf("%s is a directory, and was written", name)
		}
		if entries, err := os.ReadDir(bundle); err != nil || len(entries) != 1 {
			t.Errorf("%s: left behind: %v, %v", name, entries, err)
		}
	}
}

func TestReadRecordRefuses(t *testing.T) {
	write := func(text string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			t.Helper()
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	const good = `{"version":1,"id":"c1","owned":[]}`
	for _, test := range []struct {
		name string
		make func(t *testing.T, path string)
		want string
	}{
		{"nothing", func(*testing.T, string) {}, "no such file"},
		{"another container's", write(`{"version":1,"id":"c2"}`), `of container "c2", not of "c1"`},
		{"nobody's", write(`{"version":1}`), `of container "", not of "c1"`},
		{"a later version", write(`{"version":2,"id":"c1"}`), "version 2 is not known"},
		{"no version", write(`{"id":"c1"}`), "version 0 is not known"},
		{"no JSON", write("{"), "unexpected end"},
		{"two records", write(good + good), "after top-level value"},
		{"an empty file", write(""), "unexpected end"},
		{"a negative id", write(`{"version":1,"id":"c1","owned":[{"unique_id":-1}]}`), "cannot unmarshal"},
		{"a large file", write(good + strings.Repeat(" ", maxRecord)), "larger than"},
		{"a fifo", func(t *testing.T, path string) {
			t.Helper()
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "not a regular file"},
		{"a directory", func(t *testing.T, path string) {
			t.Helper()
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, "not a regular file"},
		{"a link out of the bundle", func(t *testing.T, path string) {
			t.Helper()
			outside := filepath.Join(t.TempDir(), "outside")
			write(good)(t, outside)
			if err := os.Symlink(outside, path); err != nil {
				t.Fatal(err)
			}
		}, "path escapes"},
		{"a link inside of the bundle", func(t *testing.T, path string) {
			t.Helper()
			write(good)(t, path+".real")
			if err := os.Symlink(filepath.Base(path)+".real", path); err != nil {
				t.Fatal(err)
			}
		}, "not a regular file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bundle := t.TempDir()
			test.make(t, filepath.Join(bundle, RecordName))
			record, err := ReadRecord(bundle, "c1")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if !reflect.DeepEqual(record, Record{}) {
				t.Errorf("and still %+v", record)
			}
			if (test.name == "nothing") != errors.Is(err, fs.ErrNotExist) {
				t.Errorf("not to be told from one that is missing: %v", err)
			}
		})
	}
	bundle := t.TempDir()
	write(good+strings.Repeat(" ", maxRecord-len(good)))(t, filepath.Join(bundle, RecordName))
	if _, err := ReadRecord(bundle, "c1"); err != nil {
		t.Errorf("the largest one: %v", err)
	}
	if _, err := ReadRecord(filepath.Join(bundle, "missing"), "c1"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no bundle: %v", err)
	}
}
