package wrapper

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/unbusy/unbusy/pkg/spec"
)

// TestReadState has files that the named runtimes wrote, for a container with
// an annotation "bundle" of another directory.
func TestReadState(t *testing.T) {
	for file, want := range map[string]State{
		"runc-1.1.5.json": {PID: 11416},
		"runc-1.5.2.json": {PID: 11389},
		"crun-1.8.1.json": {PID: 11431},
	} {
		t.Run(file, func(t *testing.T) {
			kind := spec.RuntimeRunc
			if strings.HasPrefix(file, "crun") {
				kind = spec.RuntimeCrun
			}
			want.ID, want.Bundle, want.Rootfs = "victim", "/srv/bundles/victim", "/srv/bundles/victim/rootfs"
			got, err := readState(kind, filepath.Join("testdata", file), "victim")
			if err != nil || got != want {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
		})
	}
}

func TestReadStateErrors(t *testing.T) {
	for _, test := range []struct {
		name, text string
		kind       spec.Runtime
		want       string
	}{
		{"another container's", `{"id":"x","config":{"rootfs":"/r","labels":["bundle=/b"]}}`, spec.RuntimeRunc, `container "x"`},
		{"no id", `{"config":{"rootfs":"/r","labels":["bundle=/b"]}}`, spec.RuntimeRunc, "names no container"},
		{"no bundle", `{"id":"victim","config":{"rootfs":"/r","labels":["x=bundle=/b"]}}`, spec.RuntimeRunc, "no absolute path"},
		{"relative bundle", `{"bundle":"b","rootfs":"/r"}`, spec.RuntimeCrun, "no absolute path"},
		{"no rootfs", `{"bundle":"/b"}`, spec.RuntimeCrun, "no root file system"},
		{"half of it", `{"bundle":"/b"`, spec.RuntimeCrun, "JSON"},
		{"empty", ``, spec.RuntimeRunc, "JSON"},
		{"nested as deep as can be", strings.Repeat("[", maxState), spec.RuntimeRunc, "nested deeper"},
		{"another type", `{"id":"victim","config":[]}`, spec.RuntimeRunc, "no absolute path"},
		{"another type of a name", `{"id":"victim","config":{"rootfs":["/r"],"labels":["bundle=/b"]}}`, spec.RuntimeRunc, "no string"},
		{"no labels but a name", `{"id":"victim","config":{"rootfs":"/r","labels":"bundle=/b"}}`, spec.RuntimeRunc, "no absolute path"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "state")
			if err := os.WriteFile(file, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := readState(test.kind, file, "victim")
			if err == nil || !strings.Contains(err.Error(), test.want) || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// TestReadStateSpecialFiles has what no runtime puts in the place of its state.
func TestReadStateSpecialFiles(t *testing.T) {
	dir := t.TempDir()
	good, err := filepath.Abs("testdata/crun-1.8.1.json")
	if err != nil {
		t.Fatal(err)
	}
	link, fifo, large := filepath.Join(dir, "link"), filepath.Join(dir, "fifo"), filepath.Join(dir, "large")
	if err := os.Symlink(good, link); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, maxState+1); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		link:  "too many levels of symbolic links",
		fifo:  "not a regular file",
		dir:   "not a regular file",
		large: "larger than",
	} {
		if got, err := readState(spec.RuntimeCrun, path, "victim"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v, want %q", path, got, err, want)
		}
	}
	if _, err := readState(spec.RuntimeCrun, filepath.Join(dir, "nothing"), "victim"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing: %v", err)
	}
}

func TestStateFile(t *testing.T) {
	for id, want := range map[string]string{
		"a":                      "/r/a/",
		"A-z_0.9+":               "/r/A-z_0.9+/",
		"-":                      "/r/-/",
		"..a":                    "/r/..a/",
		strings.Repeat("x", 255): "/r/" + strings.Repeat("x", 255) + "/",
		"":                       "",
		".":                      "",
		"..":                     "",
		"a/b":                    "",
		"../a":                   "",
		"/":                      "",
		"a\n":                    "",
		"a b":                    "",
		"ü":                      "",
		"a\x00":                  "",
		strings.Repeat("x", 256): "",
	} {
		for kind, name := range map[spec.Runtime]string{spec.RuntimeRunc: "state.json", spec.RuntimeCrun: "status"} {
			got, err := stateFile(kind, "/r", id)
			if want == "" {
				if !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%q: got %q, %v", id, got, err)
				}
			} else if got != want+name || err != nil {
				t.Errorf("%q: got %q, %v, want %q", id, got, err, want+name)
			}
		}
	}
}

func TestStateRoot(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	// What the kernel says of the directory, as the temporary one may be a link.
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	runcOfUser := "/user/1/runc"
	if os.Geteuid() == 0 {
		runcOfUser = "/run/runc" // in the initial user namespace
	}
	for _, test := range []struct {
		kind                   spec.Runtime
		configured, user, want string
	}{
		{spec.RuntimeRunc, "", "", "/run/runc"},
		{spec.RuntimeRunc, "", "/user/1", runcOfUser},
		{spec.RuntimeCrun, "", "", "/run/crun"},
		{spec.RuntimeCrun, "", "/user/1", "/user/1/crun"},
		{spec.RuntimeRunc, "/x/../r/", "/user/1", "/r"},
		{spec.RuntimeCrun, "r", "/user/1", filepath.Join(dir, "r")},
		{spec.RuntimeRunc, ".", "", dir},
	} {
		t.Setenv("XDG_RUNTIME_DIR", test.user)
		if got, err := stateRoot(test.kind, test.configured); err != nil || got != test.want {
			t.Errorf("%+v: got %q, %v", test, got, err)
		}
	}
}
