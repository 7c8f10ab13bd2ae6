// Package hosttest is a host's file tree below a temporary directory, for tests
// of what is written into one.
package hosttest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/internal/install"
)

// Runtime is where unbusy-runtime is in the tree.
const Runtime = "/usr/bin/unbusy-runtime"

// Tree is a file tree. Paths are those of the host that it plays.
type Tree struct {
	t   *testing.T
	dir string
}

// New makes a tree with unbusy-runtime, runc and crun in it.
func New(t *testing.T) *Tree {
	t.Helper()
	tree := &Tree{t, t.TempDir()}
	for _, dir := range []string{"/etc", "/var/lib"} {
		if err := os.MkdirAll(tree.Path(dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{Runtime, "/usr/sbin/runc", "/usr/bin/crun"} {
		tree.Program(path, "#!/bin/sh\n# "+path)
	}
	return tree
}

// Dir is where the tree is.
func (tree *Tree) Dir() string { return tree.dir }

// Path is where a path of the tree is outside of it.
func (tree *Tree) Path(path string) string { return filepath.Join(tree.dir, path) }

// Write makes a file, and the directories that it needs.
func (tree *Tree) Write(path, text string) {
	tree.t.Helper()
	tree.write(path, text, 0o644)
}

// Program makes an executable file.
func (tree *Tree) Program(path, text string) {
	tree.t.Helper()
	tree.write(path, text, 0o755)
}

func (tree *Tree) write(path, text string, mode fs.FileMode) {
	tree.t.Helper()
	err := os.MkdirAll(filepath.Dir(tree.Path(path)), 0o755)
	if err == nil {
		err = os.WriteFile(tree.Path(path), []byte(text), mode)
	}
	if err != nil {
		tree.t.Fatal(err)
	}
}

// Link makes a symbolic link, and the directories that it needs.
func (tree *Tree) Link(path, target string) {
	tree.t.Helper()
	err := os.MkdirAll(filepath.Dir(tree.Path(path)), 0o755)
	if err == nil {
		err = os.Symlink(target, tree.Path(path))
	}
	if err != nil {
		tree.t.Fatal(err)
	}
}

// Remove removes a file.
func (tree *Tree) Remove(path string) {
	tree.t.Helper()
	if err := os.Remove(tree.Path(path)); err != nil {
		tree.t.Fatal(err)
	}
}

// Read returns the content of a file.
func (tree *Tree) Read(path string) string {
	tree.t.Helper()
	text, err := os.ReadFile(tree.Path(path))
	if err != nil {
		tree.t.Fatal(err)
	}
	return string(text)
}

// All is what there is in the tree: for each path but directories the content,
// or "-> " and where a link leads; for directories the mode.
func (tree *Tree) All() map[string]string {
	tree.t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(tree.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := path[len(tree.dir):]
		switch {
		case entry.IsDir():
			found[name+"/"] = entry.Type().String()
		case entry.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			found[name] = "-> " + target
			return err
		default:
			text, err := os.ReadFile(path)
			found[name] = string(text)
			return err
		}
		return nil
	})
	if err != nil {
		tree.t.Fatal(err)
	}
	return found
}

// Request is a request about the tree.
func (tree *Tree) Request(engine string) install.Request {
	tree.t.Helper()
	host, err := install.OpenHost(tree.dir)
	if err != nil {
		tree.t.Fatal(err)
	}
	tree.t.Cleanup(func() { _ = host.Close() })
	return install.Request{Engine: engine, Host: host, Runtime: Runtime}
}

// Do carries a plan out.
func (tree *Tree) Do(request install.Request, plan install.Planner) install.Plan {
	tree.t.Helper()
	done, err := install.Do(tree.t.Context(), request, plan)
	if err != nil {
		tree.t.Fatal(err)
	}
	return done
}

// RequireRefused fails the test unless a plan is refused in one line that says
// what is wanted, and nothing is changed.
func (tree *Tree) RequireRefused(request install.Request, plan install.Planner, want string) {
	tree.t.Helper()
	before := tree.All()
	_, err := install.Do(tree.t.Context(), request, plan)
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		tree.t.Errorf("error %v, want %s", err, want)
	}
	tree.RequireSame(before)
}

// RequireIdle fails the test unless a plan changes nothing, and its first note
// says what is wanted.
func (tree *Tree) RequireIdle(request install.Request, plan install.Planner, want string) {
	tree.t.Helper()
	before := tree.All()
	if done := tree.Do(request, plan); done.Changes() || !strings.HasPrefix(done.Notes[0], want) {
		tree.t.Errorf("%+v, want %s", done, want)
	}
	tree.RequireSame(before)
}

// RequireSame fails the test unless the tree is what All returned.
func (tree *Tree) RequireSame(want map[string]string) {
	tree.t.Helper()
	got := tree.All()
	for path, text := range got {
		if before, ok := want[path]; !ok {
			tree.t.Errorf("%s was not there before, and holds %q", path, text)
		} else if before != text {
			tree.t.Errorf("%s holds %q, want %q", path, text, before)
		}
	}
	for path := range want {
		if _, ok := got[path]; !ok {
			tree.t.Errorf("%s is gone", path)
		}
	}
}
