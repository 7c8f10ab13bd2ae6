package roots

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestResolve(t *testing.T) {
	tree := newTree(files{
		"/data/disk/":       "",
		"/data/file":        "x",
		"/abs":              "-> /data",
		"/data/rel":         "-> disk/../file",
		"/data/disk/up":     "-> ../../abs/disk",
		"/out":              "-> ../../../../../data",
		"/loop":             "-> loop",
		"/a":                "-> b",
		"/b":                "-> a/x",
		"/dangling":         "-> /nowhere/at/all",
		"/data/disk/root":   "-> /",
		"/data/dots":        "-> ./disk/.//",
		"/bomb/0":           "-> ../data",
		"/bomb/1":           "-> 0/../bomb/0/../bomb/0",
		"/bomb/2":           "-> 1/../bomb/1/../bomb/1",
		"/bomb/3":           "-> 2/../bomb/2/../bomb/2",
		"/bomb/4":           "-> 3/../bomb/3/../bomb/3",
		"/through":          "-> /abs/disk",
		"/data/disk/deeper": "-> /out/disk",
	}.plant(t) + "/")
	tests := []struct {
		path string
		want place
	}{
		{"/", place{"/", true}},
		{"/data/disk", place{"/data/disk", true}},
		{"/abs", place{"/data", true}},
		{"/abs/disk", place{"/data/disk", true}},
		{"/data/rel", place{"/data/file", true}},
		{"/data/disk/up", place{"/data/disk", true}},
		{"/out/disk", place{"/data/disk", true}},
		{"/through", place{"/data/disk", true}},
		{"/through/deeper", place{"/data/disk", true}},
		{"/data/dots", place{"/data/disk", true}},
		{"/data/disk/root/abs", place{"/data", true}},
		{"/data/none", place{"/data/none", false}},
		{"/data/none/below", place{"/data/none/below", false}},
		{"/abs/none", place{"/data/none", false}},
		{"/data/file/below", place{"/data/file/below", false}},
		{"/dangling", place{"/nowhere/at/all", false}},
	}
	for _, tt := range tests {
		for range 2 { // the second time from memory
			if got := tree.resolve(tt.path); got != tt.want {
				t.Errorf("%s: %v, want %v", tt.path, got, tt.want)
			}
		}
	}
	for _, path := range []string{"/loop", "/a", "/b"} {
		if got := tree.resolve(path); got.exists {
			t.Errorf("%s: %v", path, got)
		}
	}
	if got := tree.resolve("/bomb/3"); got != (place{"/data", true}) {
		t.Errorf("40 links: %v", got)
	}
	if got := tree.resolve("/bomb/4"); got.exists {
		t.Errorf("more than 40 links: %v", got)
	}
}

// Without a prefix, resolving has to agree with the kernel.
func TestResolveThisHost(t *testing.T) {
	dir := files{"/a/b/": "", "/l": "-> a/b/..", "/m": "-> l/b"}.plant(t)
	must(t, os.Symlink(dir+"/l/../m", dir+"/n"))
	tree := newTree("")
	for _, name := range []string{"a", "l", "m", "n"} {
		path := filepath.Join(dir, name)
		want, err := filepath.EvalSymlinks(path)
		must(t, err)
		if got := tree.resolve(path); got.path != want || !got.exists {
			t.Errorf("%s: %v, want %s", path, got, want)
		}
	}
}

// TestRemote has a link and files on a file system that may never answer: they
// are not looked at, and a data root on it is taken as it is written.
func TestRemote(t *testing.T) {
	tree := newTree(files{
		"/net/server/docker": "-> /data", "/data/docker.json": "{}", "/net/server/docker.json": "{}",
		"/home": "-> /net/server", "/net/servers/docker": "-> /data",
	}.plant(t))
	tree.remote = []string{"/net/server"}
	for path, want := range map[string]string{
		"/net/server/docker":      "/net/server/docker",
		"/net/server/docker/sub":  "/net/server/docker/sub",
		"/home/docker":            "/net/server/docker",
		"/net/servers/docker/sub": "/data/sub",
	} {
		if got := tree.resolve(path); got.path != want {
			t.Errorf("%s: %v, want %s", path, got, want)
		}
	}
	for _, path := range []string{"/net/server/docker.json", "/home/docker.json"} {
		if _, err := tree.read(path); !errors.Is(err, errRemote) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if names := tree.names("/home"); names != nil {
		t.Errorf("read the names %q", names)
	}
}

func TestGlob(t *testing.T) {
	tree := files{
		"/etc/x/b.toml": "", "/etc/x/a.toml": "", "/etc/x/c.conf": "", "/etc/y/d.toml": "",
		"/etc/link": "-> /etc/x",
	}
	for i := range maxMatches + 10 {
		tree[sprintf("/many/%03d", i)] = ""
	}
	tr := newTree(tree.plant(t))
	for pattern, want := range map[string][]string{
		"/etc/x/*.toml":    {"/etc/x/a.toml", "/etc/x/b.toml"},
		"/etc/*/*.toml":    {"/etc/link/a.toml", "/etc/link/b.toml", "/etc/x/a.toml", "/etc/x/b.toml", "/etc/y/d.toml"},
		"/etc/link/*.toml": {"/etc/link/a.toml", "/etc/link/b.toml"},
		"/etc/none.toml":   {"/etc/none.toml"},
		"/none/*":          nil,
		"/etc/x/[*":        nil,
	} {
		if got := tr.glob(pattern); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
	if got := len(tr.glob("/many/*")); got != maxMatches {
		t.Errorf("%d matches", got)
	}
}
