package wrapper

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree makes executables, given as "dir/name", and links, given as
// "dir/name>dir/name", below a temporary directory.
func tree(t *testing.T, files ...string) string {
	t.Helper()
	top := t.TempDir()
	for _, file := range files {
		name, target, isLink := strings.Cut(file, ">")
		path := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if isLink {
			err = os.Symlink(filepath.Join(top, target), path)
		} else {
			err = os.WriteFile(path, []byte(name), 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return top
}

func TestLocate(t *testing.T) {
	for _, test := range []struct {
		name       string
		files      []string
		argv0      string
		configured string
		path       string
		want       string // "" for an error
	}{
		{"under its own name", []string{"a/runc"}, "/x/unbusy-runtime", "", "a", "a/runc"},
		{"the first in the path", []string{"a/runc", "b/runc"}, "unbusy-runtime", "", "a:b", "a/runc"},
		{"under a runtime's name", []string{"a/runc", "a/crun"}, "/x/crun", "", "a", "a/crun"},
		{"a name beats the configuration", []string{"a/runc", "a/crun"}, "crun", "runc", "a", "a/crun"},
		{"a configured name", []string{"a/runc", "a/crun"}, "unbusy-runtime", "crun", "a", "a/crun"},
		{"a configured path", []string{"a/runc", "b/x"}, "unbusy-runtime", "/TOP/b/x", "a", "b/x"},
		{"a configured path that is not there", []string{"a/runc"}, "unbusy-runtime", "/TOP/b/x", "a", ""},
		{"a configured path that is a link to itself", []string{"u/self", "b/runc>u/self", "c/runc"}, "unbusy-runtime", "/TOP/b/runc", "b:c", "c/runc"},
		{"a configured path that is itself, under its own name", []string{"u/self", "b/unbusy-runtime>u/self", "c/unbusy-runtime", "c/runc"}, "unbusy-runtime", "/TOP/b/unbusy-runtime", "b:c", "c/runc"},
		{"a configured path that is relative", []string{"a/runc"}, "unbusy-runtime", "a/runc", "a", ""},
		{"a link to itself before the runtime", []string{"u/self", "a/runc>u/self", "b/runc"}, "runc", "", "a:b", "b/runc"},
		{"a link to itself behind the runtime", []string{"u/self", "a/runc", "b/runc>u/self"}, "/TOP/b/runc", "", "a:b", ""},
		{"two links to itself", []string{"u/self", "a/runc>u/self", "b/runc>u/self", "c/runc"}, "runc", "", "a:b:c", "c/runc"},
		{"only itself", []string{"u/self", "a/runc>u/self"}, "runc", "", "a", ""},
		{"a directory of the name", []string{"a/runc/x", "b/runc"}, "unbusy-runtime", "", "a:b", "b/runc"},
		{"a name that nobody has", nil, "no-such-runtime", "", "a", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			top := tree(t, append(test.files, "self")...)
			selfPath := filepath.Join(top, "u/self")
			if _, err := os.Stat(selfPath); err != nil {
				selfPath = filepath.Join(top, "self")
			}
			self, err := os.Stat(selfPath)
			if err != nil {
				t.Fatal(err)
			}
			var path []string
			for dir := range strings.SplitSeq(test.path, ":") {
				path = append(path, filepath.Join(top, dir))
			}
			inTop := func(s string) string { return strings.ReplaceAll(s, "/TOP", top) }

			got, err := locate(inTop(test.argv0), inTop(test.configured), strings.Join(path, ":"), self)
			switch {
			case test.want == "" && err == nil:
				t.Errorf("got %s, want an error", got)
			case test.want != "" && got != filepath.Join(top, test.want):
				t.Errorf("got %s, %v, want %s", got, err, test.want)
			}
		})
	}
}

// TestLocateEnds follows the wrapper through copies of itself, as if each were
// another version: nothing is visited twice.
func TestLocateEnds(t *testing.T) {
	top := tree(t, "a/runc", "b/runc", "c/runc")
	path := filepath.Join(top, "a") + ":" + filepath.Join(top, "b") + ":" + filepath.Join(top, "c")
	next := func(from string) (string, error) {
		self, err := os.Stat(filepath.Join(top, from))
		if err != nil {
			t.Fatal(err)
		}
		return locate("runc", "", path, self)
	}
	if got, err := next("b/runc"); err != nil || got != filepath.Join(top, "c/runc") {
		t.Errorf("from the second to %q, %v, want the third", got, err)
	}
	if got, err := next("c/runc"); err == nil {
		t.Errorf("from the last to %q", got)
	}
}

func TestLocateInSystemPath(t *testing.T) {
	self, err := os.Stat("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := locate("sh", "", "", self); err != nil || !strings.HasSuffix(got, "/sh") {
		t.Errorf("got %q, %v", got, err)
	}
}
