package rewrite

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/sys/mountinfo"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/spec"
)

// bundle makes a bundle beside a runtime root, with a specification in which
// DIR stands for the directory of both.
func bundle(t *testing.T, text string) (dir string, host func() ([]*mountinfo.Info, []spec.Area, error)) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "root/pods/uid"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("root", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	text = strings.ReplaceAll(text, "DIR", dir)
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, func() ([]*mountinfo.Info, []spec.Area, error) {
		table, err := mountns.OwnTable()
		return table, []spec.Area{{Root: filepath.Join(dir, "root"), Owner: "pods/*"}}, err
	}
}

func TestDo(t *testing.T) {
	for _, test := range []struct {
		name    string
		text    string
		changes bool
	}{
		{"the root", `{"mounts":[{"source":"DIR/root","options":["rbind","rprivate"]}]}`, true},
		{"a link to the root", `{"mounts":[{"source":"DIR/link","options":["rbind","rprivate"]}]}`, true},
		{"relative to the bundle", `{"mounts":[{"source":"link/pods/..","options":["rbind","rprivate"]}]}`, true},
		{"through procfs", `{"mounts":[{"source":"/proc/self/rootDIR","options":["rbind","rprivate"]}]}`, true},
		{"an owner's directory", `{"mounts":[{"source":"DIR/root/pods/uid","options":["rbind","rprivate"]}]}`, false},
		{"a file", `{"mounts":[{"source":"DIR/file","options":["rbind","rprivate"]}]}`, false},
		{"a source that is not there", `{"mounts":[{"source":"DIR/none/root","options":["rbind","rprivate"]}]}`, false},
		{"a path through a file", `{"mounts":[{"source":"DIR/file/root","options":["rbind","rprivate"]}]}`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, host := bundle(t, test.text)
			before, err := os.ReadFile(filepath.Join(dir, "config.json"))
			if err != nil {
				t.Fatal(err)
			}
			request := Request{Bundle: dir, Runtime: spec.RuntimeRunc, Host: host, DryRun: true}
			for _, dryRun := range []bool{true, false} {
				request.DryRun = dryRun
				decisions, err := Do(request)
				if err != nil {
					t.Fatal(err)
				}
				if got := spec.Changes(decisions); got != test.changes {
					t.Fatalf("dry run %v: changes %v, want %v", dryRun, got, test.changes)
				}
				after, err := os.ReadFile(filepath.Join(dir, "config.json"))
				if err != nil {
					t.Fatal(err)
				}
				if written := !slices.Equal(before, after); written != (test.changes && !dryRun) {
					t.Errorf("dry run %v: written %v: %s", dryRun, written, after)
				}
				if strings.Contains(string(after), "rslave") != (test.changes && !dryRun) {
					t.Errorf("dry run %v: %s", dryRun, after)
				}
			}
		})
	}
}

// TestUnchangedIsNotWritten looks at the inode: an equal text in a new file
// would be a write too many.
func TestUnchangedIsNotWritten(t *testing.T) {
	dir, host := bundle(t, `{"mounts":[{"source":"DIR/root","options":["rbind","rslave"]}]}`)
	path := filepath.Join(dir, "config.json")
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Do(Request{Bundle: dir, Runtime: spec.RuntimeRunc, Host: host}); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(before, after) || !before.ModTime().Equal(after.ModTime()) {
		t.Error("the file was written")
	}
}

func TestConfigElsewhere(t *testing.T) {
	dir, host := bundle(t, `{"mounts":[{"source":"root","options":["rbind","rprivate"]}]}`)
	other := filepath.Join(t.TempDir(), "other.json")
	if err := os.Rename(filepath.Join(dir, "config.json"), other); err != nil {
		t.Fatal(err)
	}
	decisions, err := Do(Request{Bundle: dir, Config: other, Runtime: spec.RuntimeCrun, Host: host})
	if err != nil || !spec.Changes(decisions) {
		t.Fatalf("decisions %+v, %v", decisions, err)
	}
	text, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"linux":{"rootfsPropagation":"rslave"},"mounts":[{"source":"root","options":["rbind","rslave"]}]}`; string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
}

// TestHostOnlyIfNeeded keeps what costs time away from containers that have
// nothing to be rewritten.
func TestHostOnlyIfNeeded(t *testing.T) {
	dir, _ := bundle(t, `{"mounts":[{"source":"DIR/file","options":["rbind"]},{"source":"DIR/root","options":["bind"]}]}`)
	_, err := Do(Request{Bundle: dir, Host: func() ([]*mountinfo.Info, []spec.Area, error) {
		t.Error("the host was looked at")
		return nil, nil, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSourceThatCannotBeResolved(t *testing.T) {
	dir, host := bundle(t, `{"mounts":[{"source":"DIR/loop","options":["rbind"]}]}`)
	if err := os.Symlink("loop", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	if _, err := Do(Request{Bundle: dir, Host: host}); err == nil {
		t.Error("no error")
	}
}
