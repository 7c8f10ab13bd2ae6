package roots

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/moby/sys/mountinfo"
	"github.com/unbusy/unbusy/internal/config"
)

// files is a host's file tree: a content for each path. A path that ends in a
// slash is a directory, a content that starts with "-> " a symbolic link.
type files map[string]string

func (f files) plant(t testing.TB) (prefix string) {
	t.Helper()
	prefix = t.TempDir()
	for path, content := range f {
		at := filepath.Join(prefix, path)
		if strings.HasSuffix(path, "/") {
			must(t, os.MkdirAll(at, 0o755))
			continue
		}
		must(t, os.MkdirAll(filepath.Dir(at), 0o755))
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			must(t, os.Symlink(target, at))
			continue
		}
		must(t, os.WriteFile(at, []byte(content), 0o644))
	}
	return prefix
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// environment is a Getenv that knows nothing else.
func environment(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

// mounts makes a mount table of "fstype mountpoint" lines.
func mounts(lines ...string) []*mountinfo.Info {
	var table []*mountinfo.Info
	for i, line := range lines {
		fstype, mountpoint, _ := strings.Cut(line, " ")
		root := "/"
		if fstype == "proc" || fstype == "nsfs" {
			root = "net:[4026532281]"
		}
		table = append(table, &mountinfo.Info{ID: i + 100, Mountpoint: mountpoint, FSType: fstype, Root: root})
	}
	return table
}

// describe is a root in one line, without its areas.
func describe(root Root) string {
	path := root.Path
	if root.Resolved != path {
		path += " -> " + root.Resolved
	}
	return fmt.Sprintf("%s %s %s (%s)", root.Engine, root.Kind, path, strings.Join(root.Sources, "; "))
}

func describeAll(roots []Root) []string {
	lines := make([]string, 0, len(roots))
	for _, root := range roots {
		lines = append(lines, describe(root))
	}
	return lines
}

// search is a row of a table: what a host looks like, and what is found.
type search struct {
	name     string
	files    files
	env      map[string]string
	uid      int
	mounts   []*mountinfo.Info
	config   config.Config
	want     []string // roots as described
	covers   []string // directories above some owner's
	not      []string // directories that are not
	warnings []string // parts of the warnings, in order
}

func (s search) host(t testing.TB) Host {
	t.Helper()
	return Host{
		Prefix: s.files.plant(t),
		UID:    s.uid,
		Getenv: environment(s.env),
		Mounts: s.mounts,
		Config: s.config,
	}
}

func (s search) check(t *testing.T, result Result) {
	t.Helper()
	if s.want == nil {
		s.want = []string{}
	}
	if got := describeAll(result.Roots); !reflect.DeepEqual(got, s.want) {
		t.Errorf("roots:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(s.want, "\n"))
	}
	for _, dir := range s.covers {
		if !covered(result, dir) {
			t.Errorf("%s covers no area", dir)
		}
	}
	for _, dir := range s.not {
		if covered(result, dir) {
			t.Errorf("%s covers an area", dir)
		}
	}
	if len(result.Warnings) != len(s.warnings) {
		t.Fatalf("warnings %q, want %q", result.Warnings, s.warnings)
	}
	for i, warning := range result.Warnings {
		if !strings.Contains(warning.Error(), s.warnings[i]) {
			t.Errorf("warning %q does not contain %q", warning, s.warnings[i])
		}
	}
}

func covered(result Result, dir string) bool {
	for _, area := range result.Areas() {
		if area.Covers(dir) {
			return true
		}
	}
	return false
}

func runFind(t *testing.T, searches []search) {
	t.Helper()
	for _, s := range searches {
		t.Run(s.name, func(t *testing.T) {
			s.check(t, Find(s.host(t)))
		})
	}
}

func mkfifo(t *testing.T, path string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, syscall.Mkfifo(path, 0o644))
}

const id = "3f4e0a6cbb4ac4d5c1f0e5d7a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0"

func sprintf(format string, args ...any) string {
	return fmt.Sprintf(format, args...)
}
