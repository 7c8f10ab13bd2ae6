package engines

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree makes files below a directory, by their paths.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for path, text := range files {
		full := filepath.Join(root, path)
		err := os.MkdirAll(filepath.Dir(full), 0o755)
		if err == nil {
			err = os.WriteFile(full, []byte(text), 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestReadContainerd(t *testing.T) {
	for _, test := range []struct {
		name     string
		files    map[string]string
		fallback string
		handlers map[string]runtimeHandler
		state    string
		address  string
	}{
		{name: "none", fallback: "runc", handlers: map[string]runtimeHandler{"runc": {Type: runcType}}},
		{
			name: "version 1",
			files: map[string]string{"/etc/containerd/config.toml": `
[grpc]
address = "/run/x.sock"
[plugins.cri.containerd]
default_runtime_name = "mine"
[plugins.cri.containerd.runtimes.mine]
runtime_type = "io.containerd.runc.v2"
[plugins.cri.containerd.runtimes.mine.options]
BinaryName = "/usr/bin/unbusy-runtime"
`},
			fallback: "mine", address: "/run/x.sock",
			handlers: map[string]runtimeHandler{
				"mine": {runcType, "", "/usr/bin/unbusy-runtime", "/etc/containerd/config.toml"}, "runc": {Type: runcType},
			},
		},
		{
			name: "version 2 in two files",
			files: map[string]string{
				"/etc/containerd/config.toml": `
version = 2
imports = ["conf.d/*.toml", "/nowhere.toml"]
[plugins."io.containerd.grpc.v1.cri".containerd]
default_runtime_name = "runc"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = true
`,
				"/etc/containerd/conf.d/unbusy.toml": `
version = 2
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_path = "/usr/bin/containerd-shim-unbusy-v2"
`,
			},
			fallback: "runc",
			handlers: map[string]runtimeHandler{"runc": {runcType, "/usr/bin/containerd-shim-unbusy-v2", "", "/etc/containerd/conf.d/unbusy.toml"}},
		},
		{
			name: "version 4, and what is no table",
			files: map[string]string{"/etc/containerd/config.toml": `
version = 4
state = "/run/other"
imports = ["/etc/containerd/config.toml"]
[plugins."io.containerd.server.v1.grpc"]
address = "/run/y.sock"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes]
kata = "none"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.gpu]
runtime_type = "io.containerd.runc.v2"
options = { BinaryName = "nvidia-container-runtime" }
`},
			fallback: "runc", state: "/run/other", address: "/run/y.sock",
			handlers: map[string]runtimeHandler{
				"gpu":  {runcType, "", "nvidia-container-runtime", "/etc/containerd/config.toml"},
				"kata": {File: "/etc/containerd/config.toml"}, "runc": {Type: runcType},
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := readContainerd(tree(t, test.files), defaultContainerdConfig)
			if err != nil {
				t.Fatal(err)
			}
			if test.state == "" {
				test.state = defaultContainerdState
			}
			if test.address == "" {
				test.address = defaultContainerdSocket
			}
			if c.fallback != test.fallback || c.state != test.state || c.address != test.address || !maps.Equal(c.handlers, test.handlers) {
				t.Errorf("%+v", c)
			}
		})
	}
}

func TestReadContainerdErrors(t *testing.T) {
	root := tree(t, map[string]string{"/etc/containerd/config.toml": "version = 2\nplugins = [\n"})
	if _, err := readContainerd(root, defaultContainerdConfig); err == nil || !strings.HasPrefix(err.Error(), "/etc/containerd/config.toml:") {
		t.Errorf("a file that makes no sense: %v", err)
	}
}

func TestIsProtected(t *testing.T) {
	dir := tree(t, map[string]string{
		"stock/containerd-shim-runc-v2": "", "ours/containerd-shim-unbusy-v2": "", "ours/unbusy-runtime": "", "runc/runc": "",
	})
	links := filepath.Join(dir, "links")
	if err := os.Mkdir(links, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"containerd-shim-runc-v2": "../ours/containerd-shim-unbusy-v2", "crun": dir + "/ours/unbusy-runtime", "again": "crun"} {
		if err := os.Symlink(to, filepath.Join(links, name)); err != nil {
			t.Fatal(err)
		}
	}
	stock := daemon{path: "relative:" + dir + "/stock:" + dir + "/ours"}
	linked := daemon{path: links + ":" + dir + "/stock"}
	for _, test := range []struct {
		name    string
		d       daemon
		handler runtimeHandler
		want    bool
		runc    bool
	}{
		{"nothing is said", stock, runtimeHandler{Type: runcType}, false, true},
		{"runtime_path", stock, runtimeHandler{Type: runcType, Path: "/nowhere/containerd-shim-unbusy-v2"}, true, true},
		{"runtime_path of a link", stock, runtimeHandler{Type: runcType, Path: links + "/containerd-shim-runc-v2"}, true, true},
		{"another runtime_path", linked, runtimeHandler{Type: runcType, Path: dir + "/stock/containerd-shim-runc-v2"}, false, true},
		{"BinaryName", stock, runtimeHandler{Type: runcType, Binary: "/nowhere/unbusy-runtime"}, true, false},
		{"BinaryName in PATH", stock, runtimeHandler{Type: runcType, Binary: "unbusy-runtime"}, true, false},
		{"BinaryName of a link", stock, runtimeHandler{Type: runcType, Binary: links + "/again"}, true, false},
		{"another BinaryName", stock, runtimeHandler{Type: runcType, Binary: dir + "/runc/runc"}, false, true},
		{"found in PATH", linked, runtimeHandler{Type: runcType}, true, true},
		{"the type is a path", stock, runtimeHandler{Type: "/nowhere/containerd-shim-unbusy-v2"}, true, false},
		{"the type is the path of the stock shim", stock, runtimeHandler{Type: dir + "/stock/containerd-shim-runc-v2"}, false, true},
		{"a sandbox", linked, runtimeHandler{Type: "io.containerd.kata.v2"}, false, false},
		{"a sandbox below the shim", stock, runtimeHandler{Type: runcType, Binary: "/usr/bin/sysbox"}, false, false},
	} {
		if program, ok := test.d.isProtected(test.handler); ok != test.want || ok == (program == "") {
			t.Errorf("%s: %v, %q", test.name, ok, program)
		}
		if got := test.handler.isRunc(); got != test.runc {
			t.Errorf("%s: runs as runc does: %v", test.name, got)
		}
	}
}

func TestReadCRIO(t *testing.T) {
	root := tree(t, map[string]string{
		defaultCRIOConfig: `
[crio.runtime]
default_runtime = "runc"
hooks_dir = ["/a", "relative"]
[crio.runtime.runtimes.runc]
runtime_path = "/usr/bin/runc"
runtime_type = "oci"
`,
		defaultCRIODropIns + "/99-unbusy.conf": "[crio.runtime]\ndefault_runtime = \"unbusy\"\n[crio.runtime.runtimes.unbusy]\nruntime_path = \"/usr/bin/unbusy-runtime\"\n",
		defaultCRIODropIns + "/10-runc.conf":   "[crio.runtime.runtimes.runc]\nruntime_path = \"/opt/runc\"\n",
	})
	c, err := readCRIO(root, defaultCRIOConfig, defaultCRIODropIns)
	want := map[string]runtimeHandler{
		"runc":   {Type: "oci", Path: "/opt/runc", File: defaultCRIODropIns + "/10-runc.conf"},
		"unbusy": {Path: "/usr/bin/unbusy-runtime", File: defaultCRIODropIns + "/99-unbusy.conf"},
	}
	if err != nil || c.fallback != "unbusy" || !maps.Equal(c.handlers, want) || !slices.Equal(c.hooks, []string{"/a"}) || len(c.files) != 3 {
		t.Errorf("%+v, %v", c, err)
	}
	c, err = readCRIO(t.TempDir(), defaultCRIOConfig, defaultCRIODropIns)
	if err != nil || len(c.files) > 0 || c.fallback != "" || !slices.Equal(c.hooks, []string{defaultHooks}) {
		t.Errorf("no files: %+v, %v", c, err)
	}
	root = tree(t, map[string]string{defaultCRIOConfig: "x", defaultCRIODropIns + "/a": "[crio.runtime]\ndefault_runtime = \"crun\"\n"})
	c, err = readCRIO(root, defaultCRIOConfig, defaultCRIODropIns)
	if err == nil || !strings.Contains(err.Error(), defaultCRIOConfig+":1:") || c.fallback != "crun" {
		t.Errorf("a file that makes no sense: %+v, %v", c, err)
	}
}

func first(path string, _ []string) string { return path }

func TestReadPodman(t *testing.T) {
	t.Setenv("CONTAINERS_CONF", "/nowhere")
	root := tree(t, map[string]string{
		"/usr/share/containers/containers.conf":         "[engine]\nruntime = \"crun\"\n[engine.runtimes]\ncrun = [\"/usr/bin/crun\"]\n",
		"/etc/containers/containers.conf.d/unbusy.conf": "[engine]\nruntime = \"unbusy\"\n[engine.runtimes]\nunbusy = [\"/nowhere/a\", \"/bin/sh\", \"/nowhere/b\"]\n",
		"/etc/containers/containers.conf":               "[engine]\nhooks_dir = []\n",
	})
	c, err := readPodman(root)
	if err != nil || c.runtime != "unbusy" || first(c.program()) != "/bin/sh" || len(c.hooks) > 0 || len(c.runtimes) != 2 {
		t.Errorf("%+v, %v", c, err)
	}
	for _, test := range []struct {
		config podmanConfig
		want   string
	}{
		{podmanConfig{}, ""},
		{podmanConfig{runtime: "/opt/unbusy-runtime"}, "/opt/unbusy-runtime"},
		{podmanConfig{runtime: "crun"}, "crun"},
		{podmanConfig{runtime: "u", runtimes: map[string][]string{"u": {"/nowhere/unbusy-runtime", "/nowhere/x"}}}, "/nowhere/unbusy-runtime"},
	} {
		if got := first(test.config.program()); got != test.want {
			t.Errorf("%+v: %q", test.config, got)
		}
	}
}

func TestReadHooks(t *testing.T) {
	root := tree(t, map[string]string{
		"/one/a.json": `{"hook": {"path": "/a"}, "stages": ["precreate", "poststop"]}`,
		"/one/b.json": `{"hook": {"path": "/b"}, "stages": ["precreate"]}`,
		"/two/b.json": `{"hook": {"path": "/c"}, "stages": ["poststop"]}`,
		"/two/c.json": `{`,
		"/two/d.txt":  `{"hook": {"path": "/d"}, "stages": ["precreate"]}`,
	})
	hooks, errs := readHooks(root, "/one", "/two", "/three")
	if len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), "/two/c.json: ") {
		t.Errorf("errors: %v", errs)
	}
	var got []string
	for _, h := range hooks {
		got = append(got, h.path)
		if h.precreates() != (h.path == "/a") {
			t.Errorf("%+v", h)
		}
	}
	if !slices.Equal(got, []string{"/a", "/c"}) {
		t.Errorf("%q", got)
	}
}
