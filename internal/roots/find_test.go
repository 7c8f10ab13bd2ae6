package roots

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/pkg/spec"
)

// A root that is learnt in several ways is one root, with the path and under
// the name of the way that says most.
func TestSourcesOfOneRoot(t *testing.T) {
	runFind(t, []search{{
		name: "five ways",
		files: files{
			"/var/lib/docker":         "-> /data/docker",
			"/data/docker/":           "",
			"/etc/docker/daemon.json": `{"data-root": "/data/../data/docker/"}`,
			"/run/docker.pid":         "5",
			"/proc/5/comm":            "dockerd\n",
			"/proc/5/cmdline":         "dockerd\x00--data-root=/data/docker\x00",
		},
		config: config.Config{File: "/etc/unbusy/config.toml", Roots: []config.Root{{Engine: "docker", Path: "/var/lib/docker"}}},
		want: []string{
			"docker data root /var/lib/docker -> /data/docker (/etc/unbusy/config.toml: roots; pid 5: dockerd --data-root; " +
				"/etc/docker/daemon.json: data-root; default)",
		},
	}, {
		name: "the path is that of the better source",
		files: files{
			"/var/lib/docker":         "-> /data/docker",
			"/data/docker/":           "",
			"/etc/docker/daemon.json": `{"data-root": "/data/docker"}`,
		},
		want: []string{"docker data root /data/docker (/etc/docker/daemon.json: data-root; default)"},
	}, {
		name:     "a directory inside that leads to the root directory",
		files:    files{"/run/docker/netns": "-> /"},
		want:     []string{"docker exec root /run/docker (default)"},
		not:      []string{"/", "/run/docker"},
		warnings: []string{"/run/docker/netns leads to the root directory"},
	}})
}

func TestPermissionDenied(t *testing.T) {
	s := search{files: files{"/etc/docker/daemon.json": `{"data-root": "/x"}`, "/var/lib/docker/": ""}}
	host := s.host(t)
	file := filepath.Join(host.Prefix, "etc/docker/daemon.json")
	must(t, os.Chmod(file, 0))
	if data, err := os.ReadFile(file); err == nil {
		t.Skipf("root may read everything (%d bytes)", len(data))
	}
	host.UID = 1000
	if got := Find(host).Warnings; len(got) != 0 {
		t.Errorf("an ordinary user is warned: %q", got)
	}
	host.UID = 0
	host.Getenv = environment(map[string]string{"_CONTAINERS_ROOTLESS_UID": "1000"})
	if got := Find(host).Warnings; len(got) != 0 {
		t.Errorf("a user in a user namespace is warned: %q", got)
	}
	host.Getenv = environment(nil)
	got := Find(host).Warnings
	if len(got) != 1 || !strings.Contains(got[0].Error(), "/etc/docker/daemon.json: permission denied") {
		t.Errorf("root is warned %q", got)
	}

	// So with the search for running engines.
	must(t, os.Remove(file))
	must(t, os.MkdirAll(filepath.Join(host.Prefix, "proc/1"), 0o755))
	must(t, os.WriteFile(filepath.Join(host.Prefix, "proc/1/mountinfo"), nil, 0))
	host.UID = 1000
	if got := FindAll(t.Context(), host).Warnings; len(got) != 0 {
		t.Errorf("an ordinary user is warned: %q", got)
	}
	host.UID = 0
	if got := FindAll(t.Context(), host).Warnings; len(got) != 1 || !strings.Contains(got[0].Error(), "permission denied") {
		t.Errorf("root is warned %q", got)
	}
}

// Nothing that lies in the place of a file can make the search wait.
func TestSpecialFiles(t *testing.T) {
	host := search{files: files{"/var/lib/docker/": "", "/etc/crio/crio.conf/": "", "/etc/containerd/config.toml": "-> /dev/zero", "/dev/": ""}}.host(t)
	for _, path := range []string{
		"/etc/docker/daemon.json", "/run/docker.pid", "/var/lib/kubelet/kubeadm-flags.env", "/etc/containers/storage.conf",
		"/etc/rancher/k3s/config.yaml", "/etc/containerd/conf.d/a.toml", "/dev/zero",
	} {
		mkfifo(t, filepath.Join(host.Prefix, path))
	}
	done := make(chan Result)
	go func() { done <- Find(host) }()
	select {
	case result := <-done:
		want := []string{"docker data root /var/lib/docker (default)", "kubelet kubelet directory /var/lib/kubelet (default)"}
		if got := describeAll(result.Roots); !reflect.DeepEqual(got, want) {
			t.Errorf("got %q", got)
		}
		if len(result.Warnings) != 8 {
			t.Errorf("%d warnings: %q", len(result.Warnings), result.Warnings)
		}
		for _, warning := range result.Warnings {
			if strings.Contains(warning.Error(), host.Prefix) {
				t.Errorf("%q names the prefix", warning)
			}
		}
	case <-time.After(10 * time.Second):
		t.Fatal("still reading")
	}
}

func TestLargeFile(t *testing.T) {
	var searches []search
	for _, uid := range []int{0, 1000} {
		searches = append(searches, search{
			name:     sprintf("uid %d", uid),
			uid:      uid,
			files:    files{"/etc/docker/daemon.json": `{"data-root": "/x"}` + strings.Repeat(" ", maxFileSize)},
			warnings: []string{"/etc/docker/daemon.json: file too large"},
		})
	}
	runFind(t, searches)
}

func TestJSON(t *testing.T) {
	host := search{files: files{"/run/netns/": ""}}.host(t)
	text, err := json.Marshal(Find(host).Roots)
	must(t, err)
	want := `[{"engine":"namespaces","kind":"namespace directory","path":"/run/netns","resolved":"/run/netns",` +
		`"areas":[{"root":"/run/netns","owner":"*"}],"sources":["default"]}]`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	host.Prefix = t.TempDir()
	if text, err = json.Marshal(Find(host).Roots); err != nil || string(text) != "[]" {
		t.Errorf("no roots: %s, %v", text, err)
	}
}

func TestAreasOnce(t *testing.T) {
	a, b := spec.Area{Root: "/x", Owner: "*"}, spec.Area{Root: "/y", Owner: "*"}
	got := Result{Roots: []Root{{Areas: []spec.Area{a, b}}, {Areas: []spec.Area{b, a}}, {}}}.Areas()
	if want := []spec.Area{a, b}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

// The environment is the caller's unless another is given.
func TestEnvironment(t *testing.T) {
	host := search{files: files{"/opt/storage.conf": "[storage]\ngraphroot = '/env'\n"}}.host(t)
	host.Getenv = nil
	t.Setenv("CONTAINERS_STORAGE_CONF", "/opt/storage.conf")
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("_CONTAINERS_ROOTLESS_UID", "")
	if got := describeAll(Find(host).Roots); !reflect.DeepEqual(got, []string{"podman graph root /env (/opt/storage.conf: graphroot)"}) {
		t.Errorf("got %q", got)
	}
}
