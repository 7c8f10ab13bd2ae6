package spec

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const (
	oldText = `{"old":true}`
	newText = `{"new":true,"longer":"than the old one"}`
)

// writeConfig makes a bundle with a config.json and returns that file's path.
func writeConfig(t *testing.T, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(oldText), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func replace(t *testing.T, path string) error {
	t.Helper()
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if string(f.Data) != oldText {
		t.Fatalf("read %q", f.Data)
	}
	return f.Replace([]byte(newText))
}

func requireText(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s holds %q, want %q", path, got, want)
	}
}

// requireAlone fails if a temporary file was left beside path.
func requireAlone(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("beside config.json there is more: %v", entries)
	}
}

func requireRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root; `make test` runs it as root as well")
	}
}

func TestReplaceKeepsMode(t *testing.T) {
	for _, mode := range []os.FileMode{0o600, 0o644, 0o444, 0o640 | os.ModeSetgid} {
		path := writeConfig(t, mode)
		if err := replace(t, path); err != nil {
			t.Fatal(err)
		}
		requireText(t, path, newText)
		requireAlone(t, path)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != mode {
			t.Errorf("mode %v, want %v", info.Mode(), mode)
		}
	}
}

func TestReplaceKeepsOwner(t *testing.T) {
	requireRoot(t)
	path := writeConfig(t, 0o640)
	if err := os.Chown(path, 1234, 2345); err != nil {
		t.Fatal(err)
	}
	if err := replace(t, path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := owner(info); got != (ids{1234, 2345}) {
		t.Errorf("owner %v", got)
	}
}

func TestReplaceKeepsLabel(t *testing.T) {
	requireRoot(t)
	path := writeConfig(t, 0o600)
	const label = "system_u:object_r:container_file_t:s0:c1,c2"
	if err := syscall.Setxattr(path, selinuxLabel, []byte(label), 0); err != nil {
		t.Fatalf("setting an SELinux label, which needs no SELinux: %v", err)
	}
	if err := replace(t, path); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 100)
	n, err := syscall.Getxattr(path, selinuxLabel, got)
	if err != nil {
		t.Fatal(err)
	}
	if string(got[:n]) != label {
		t.Errorf("label %q, want %q", got[:n], label)
	}
}

func TestReplaceFollowsLink(t *testing.T) {
	target := writeConfig(t, 0o600)
	link := filepath.Join(t.TempDir(), "config.json")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if err := replace(t, link); err != nil {
		t.Fatal(err)
	}
	requireText(t, target, newText)
	requireAlone(t, target)
	if to, err := os.Readlink(link); err != nil || to != target {
		t.Errorf("the link now leads to %q, %v", to, err)
	}
}

func TestReplaceBindMounted(t *testing.T) {
	requireRoot(t)
	path := writeConfig(t, 0o600)
	if err := syscall.Mount(path, path, "", syscall.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(path, 0); err != nil {
			t.Error(err)
		}
	})
	if err := replace(t, path); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("error %v, want EBUSY", err)
	}
	requireText(t, path, oldText)
	requireAlone(t, path)
}

func TestReplaceInUnwritableBundle(t *testing.T) {
	path := writeConfig(t, 0o600)
	dir := filepath.Dir(path)
	if os.Geteuid() == 0 {
		// Permissions do not stop root, a read-only mount does.
		if err := syscall.Mount(dir, dir, "", syscall.MS_BIND, ""); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := syscall.Unmount(dir, 0); err != nil {
				t.Error(err)
			}
		})
		if err := syscall.Mount("", dir, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			t.Fatal(err)
		}
	} else {
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := os.Chmod(dir, 0o700); err != nil { // so that it can be removed
				t.Error(err)
			}
		})
	}
	if err := replace(t, path); err == nil {
		t.Error("no error")
	}
	requireText(t, path, oldText)
	requireAlone(t, path)
}

func TestReplaceAfterSomebodyElse(t *testing.T) {
	path := writeConfig(t, 0o600)
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const theirs = `{"theirs":true}`
	if err := os.WriteFile(path+".theirs", []byte(theirs), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".theirs", path); err != nil {
		t.Fatal(err)
	}
	if err := f.Replace([]byte(newText)); err == nil {
		t.Error("no error")
	}
	requireText(t, path, theirs)
	requireAlone(t, path)
}

// TestOpenLeavesPipeAlone has a config.json that somebody writes into when it is
// read: not even opening it may take the text away from the runtime.
func TestOpenLeavesPipeAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	go func() { written <- os.WriteFile(path, []byte(newText), 0) }()
	if f, err := OpenFile(path); err == nil {
		f.Close()
		t.Error("no error")
	}
	requireText(t, path, newText)
	if err := <-written; err != nil {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		name string
		make func(path string) error
		want string
	}{
		{"nothing", func(string) error { return nil }, "no such file"},
		{"a directory", func(path string) error { return os.Mkdir(path, 0o700) }, "not a regular file"},
		{"a named pipe", func(path string) error { return syscall.Mkfifo(path, 0o600) }, "not a regular file"},
		{"a link to itself", func(path string) error { return os.Symlink(path, path) }, "too many links"},
		{"too large a file", func(path string) error {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				return err
			}
			return os.Truncate(path, MaxFileSize+1)
		}, "more than the"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(dir, strings.ReplaceAll(test.name, " ", "-"))
			if err := test.make(path); err != nil {
				t.Fatal(err)
			}
			f, err := OpenFile(path)
			if err == nil {
				f.Close()
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q, want one that says %q", err, test.want)
			}
		})
	}
}
