package docker

import (
	"strings"
	"testing"

	"github.com/unbusy/unbusy/internal/install"
	"github.com/unbusy/unbusy/internal/install/hosttest"
)

// hostFiles are the files that dockerd is found with on hosts.
var hostFiles = map[string]string{
	"empty":          "",
	"space":          "\n \t\n",
	"an object":      "{}",
	"minified":       `{"debug":true}`,
	"CRLF":           "{\r\n\t\"debug\": true\r\n}\r\n",
	"no last line":   "{\n  \"log-driver\": \"journald\"\n}",
	"other runtimes": "{\n    \"runtimes\": {\n        \"nvidia\": {\n            \"args\": [],\n            \"path\": \"nvidia-container-runtime\"\n        }\n    },\n\"storage-driver\":\"overlay2\"}\n",
	"no runtimes":    "{\"runtimes\": {}, \"live-restore\": true}\n",
	"null":           "{\"runtimes\": null}\n",
	"default":        "{\"default-runtime\": \"runc\"}\n",
	"another":        "{\"default-runtime\": \"c\", \"runtimes\": {\"c\": {\"path\": \"/usr/bin/crun\"}}}",
	"by name":        "{\"default-runtime\": \"crun\", \"runtimes\": {\"crun\": {\"path\": \"crun\", \"runtimeArgs\": [\"--debug\"]}}}",
}

// There and back is the same bytes, whether or not somebody edited the file in
// between, as far as unbusy's own is concerned.
func TestThereAndBack(t *testing.T) {
	for name, text := range hostFiles {
		for _, asDefault := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				tree := hosttest.New(t)
				tree.Write(usualConfig, text)
				before := tree.All()
				request := tree.Request(engine)
				request.SetAsDefault = asDefault
				tree.Do(request, Install)
				_, have, err := readSettings(usualConfig, []byte(tree.Read(usualConfig)))
				if err != nil || !request.Host.IsOurs(have.Runtimes[ours].Path) || (have.DefaultRuntime == ours) != asDefault {
					t.Errorf("dockerd reads %+v, %v", have, err)
				}
				tree.RequireIdle(request, Install, "already installed")
				tree.Do(request, Uninstall)
				tree.RequireSame(before)
				tree.RequireIdle(request, Uninstall, "not installed; nothing was changed")
			})
		}
	}
}

func TestNoFile(t *testing.T) {
	tree := hosttest.New(t)
	before := tree.All()
	request := tree.Request(engine)
	tree.Do(request, Install)
	tree.Do(request, Uninstall)
	tree.RequireSame(before)
}

// Each file is edited after the installation; what was edited stays.
func TestEdited(t *testing.T) {
	for name, text := range hostFiles {
		t.Run(name, func(t *testing.T) {
			tree := hosttest.New(t)
			tree.Write(usualConfig, text)
			request := tree.Request(engine)
			request.SetAsDefault = true
			tree.Do(request, Install)
			_, had, err := readSettings(usualConfig, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			edited := strings.TrimRight(tree.Read(usualConfig), " \r\n}") // of nothing but the ends of objects
			ends := strings.Count(tree.Read(usualConfig)[len(edited):], "}")
			edited += strings.Repeat("}", ends-1) + `, "mtu": 1400}`
			tree.Write(usualConfig, edited)
			tree.Do(request, Uninstall)
			got := tree.Read(usualConfig)
			_, have, err := readSettings(usualConfig, []byte(got))
			if err != nil || !strings.Contains(got, `"mtu": 1400`) || strings.Contains(got, "unbusy") ||
				have.DefaultRuntime != had.DefaultRuntime || len(have.Runtimes) != len(had.Runtimes) {
				t.Errorf("%v: %s", err, got)
			}
		})
	}
}

func TestWrapsTheDefault(t *testing.T) {
	for name, test := range map[string]struct {
		text    string
		prepare func(tree *hosttest.Tree)
		want    string // of the entry
	}{
		"runc":        {`{"debug":true}`, nil, `{"path":"/usr/bin/unbusy-runtime"}`},
		"its shim":    {`{"default-runtime":"io.containerd.runc.v2"}`, nil, `{"path":"/usr/bin/unbusy-runtime"}`},
		"crun":        {`{"default-runtime":"c","runtimes":{"c":{"path":"/usr/bin/crun","runtimeArgs":["--x"]}}}`, nil, `{"path":"/var/lib/unbusy/wrap/crun","runtimeArgs":["--x"]}`},
		"runc itself": {`{"default-runtime":"c","runtimes":{"c":{"path":"/usr/sbin/runc"}}}`, nil, `{"path":"/usr/bin/unbusy-runtime"}`},
		"configured": {`{"default-runtime":"c","runtimes":{"c":{"path":"/usr/bin/crun"}}}`, func(tree *hosttest.Tree) {
			tree.Write("/etc/unbusy/config.toml", "runtime = \"crun\"\n")
		}, `{"path":"/usr/bin/unbusy-runtime"}`},
		"elsewhere": {`{"default-runtime":"c","runtimes":{"c":{"path":"/opt/bin/crun"}}}`, func(tree *hosttest.Tree) {
			tree.Program("/opt/bin/crun", "")
		}, `{"path":"/usr/bin/unbusy-runtime"}`},
		"a shim, not by default": {`{"default-runtime":"s","runtimes":{"s":{"runtimeType":"io.containerd.runsc.v1"}}}`, nil, `{"path":"/usr/bin/unbusy-runtime"}`},
	} {
		t.Run(name, func(t *testing.T) {
			tree := hosttest.New(t)
			tree.Write(usualConfig, test.text)
			if test.prepare != nil {
				test.prepare(tree)
			}
			before := tree.All()
			request := tree.Request(engine)
			tree.Do(request, Install)
			if got := tree.Read(usualConfig); !strings.Contains(got, `"unbusy":`+test.want) {
				t.Errorf("%s", got)
			}
			if name == "elsewhere" && tree.Read("/etc/unbusy/config.toml") != "runtime = \"/opt/bin/crun\"\n" {
				t.Error("unbusy-runtime does not know what to call")
			}
			tree.Do(request, Uninstall)
			tree.RequireSame(before)
		})
	}
}

func TestRefused(t *testing.T) {
	for name, test := range map[string]struct {
		text, path, file string // of a file beside daemon.json
		want             string
	}{
		"malformed":    {text: "{\n  \"debug\": true,\n}", want: usualConfig + ":3:1: not JSON"},
		"a shim":       {text: `{"default-runtime":"s","runtimes":{"s":{"runtimeType":"io.containerd.runsc.v1"}}}`, want: "is a containerd shim"},
		"unknown":      {text: `{"default-runtime":"s"}`, want: `the default runtime "s" is not among its runtimes`},
		"gone":         {text: `{"default-runtime":"s","runtimes":{"s":{"path":"gone"}}}`, want: `no runtime "gone"`},
		"of that name": {text: `{"runtimes":{"unbusy":{"path":"/usr/bin/crun"}}}`, want: "another runtime called \"unbusy\""},
		"service":      {path: "/lib/systemd/system/docker.service", file: "[Service]\n#--default-runtime no\nExecStart=/usr/sbin/dockerd \\\n --default-runtime=crun\n", want: "/lib/systemd/system/docker.service has --default-runtime crun"},
		"drop-in":      {path: "/etc/systemd/system/docker.service.d/x.conf", file: "[Service]\nExecStart=\nExecStart=dockerd --default-runtime crun", want: "x.conf has --default-runtime crun"},
		"environment":  {path: "/etc/default/docker", file: "DOCKER_OPTS=\"--default-runtime=crun\"\n", want: "/etc/default/docker has --default-runtime crun"},
		"daemon":       {path: "/proc/123/cmdline", file: "dockerd\x00--default-runtime\x00crun\x00", want: "the running dockerd's command line has --default-runtime crun"},
		"configuration": {path: "/etc/unbusy/config.toml", file: "runtime = \"/opt/x/runc\"\n",
			text: `{"default-runtime":"c","runtimes":{"c":{"path":"/opt/y/crun"}}}`, want: "/etc/unbusy/config.toml can name one such runtime, and names /opt/x/runc"},
		"broken configuration": {path: "/etc/unbusy/config.toml", file: "\nruntime = x\n",
			text: `{"default-runtime":"c","runtimes":{"c":{"path":"/usr/bin/crun"}}}`, want: "/etc/unbusy/config.toml:2:"},
	} {
		t.Run(name, func(t *testing.T) {
			tree := hosttest.New(t)
			tree.Write("/run/docker.pid", "123")
			tree.Write("/proc/123/comm", "dockerd\n")
			if test.path != "/proc/123/cmdline" {
				tree.Remove("/run/docker.pid")
			}
			if test.text != "" {
				tree.Write(usualConfig, test.text)
			}
			if test.path != "" {
				tree.Write(test.path, test.file)
			}
			tree.Program("/opt/x/runc", "")
			tree.Program("/opt/y/crun", "")
			request := tree.Request(engine)
			request.SetAsDefault = true
			tree.RequireRefused(request, Install, test.want)
		})
	}
}

func TestAlready(t *testing.T) {
	for name, prepare := range map[string]func(tree *hosttest.Tree){
		"by another name": func(tree *hosttest.Tree) {
			tree.Write(usualConfig, `{"default-runtime":"mine","runtimes":{"mine":{"path":"/opt/link"}}}`)
			tree.Link("/opt/link", "../usr/bin/unbusy-runtime")
		},
		"in place of runc": func(tree *hosttest.Tree) { tree.Link("/usr/local/bin/runc", hosttest.Runtime) },
		"on the command line": func(tree *hosttest.Tree) {
			tree.Write("/etc/default/docker", "DOCKER_OPTS=\"--add-runtime=u=/usr/bin/unbusy-runtime --default-runtime=u\"")
		},
	} {
		t.Run(name, func(t *testing.T) {
			tree := hosttest.New(t)
			prepare(tree)
			request := tree.Request(engine)
			request.SetAsDefault = true
			tree.RequireIdle(request, Install, "already installed: ")
		})
	}
}

// The configuration that the daemon reads is changed, wherever it is.
func TestConfigFile(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(tree *hosttest.Tree)
		config  string
		want    string
	}{
		"asked for": {nil, "/srv/daemon.json", "/srv/daemon.json"},
		"a link": {func(tree *hosttest.Tree) {
			tree.Write("/srv/real.json", "{}")
			tree.Link(usualConfig, "/srv/real.json")
		}, "", "/srv/real.json"},
		"the running daemon's": {func(tree *hosttest.Tree) {
			tree.Write("/run/docker.pid", "123\n")
			tree.Write("/proc/123/comm", "dockerd\n")
			tree.Write("/proc/123/cmdline", "dockerd\x00--config-file=/srv/other.json\x00")
		}, "", "/srv/other.json"},
		"not another process's": {func(tree *hosttest.Tree) {
			tree.Write("/run/docker.pid", "123\n")
			tree.Write("/proc/123/comm", "bash\n")
			tree.Write("/proc/123/cmdline", "dockerd\x00--config-file=/srv/other.json\x00")
		}, "", usualConfig},
	} {
		t.Run(name, func(t *testing.T) {
			tree := hosttest.New(t)
			if test.prepare != nil {
				test.prepare(tree)
			}
			request := tree.Request(engine)
			request.Config = test.config
			plan := tree.Do(request, Install)
			if len(plan.Changed()) != 1 || plan.Files[0].Path != test.want || !strings.Contains(tree.Read(test.want), ours) {
				t.Errorf("%+v", plan)
			}
		})
	}
}

func TestSnap(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write(snapConfig, "{}")
	request := tree.Request(engine)
	if _, err := install.Do(t.Context(), request, Install); err == nil || !strings.Contains(err.Error(), "the docker snap sees only its own files") {
		t.Errorf("error %v", err)
	}
	request.Runtime = "/var/snap/docker/common/unbusy-runtime"
	tree.Program(request.Runtime, "")
	if plan := tree.Do(request, Install); plan.Changed()[0].Path != snapConfig || !strings.Contains(strings.Join(plan.Notes, "\n"), "snap restart docker") {
		t.Errorf("%+v", plan)
	}
}

// What is commented out does not stand in the way.
func TestComment(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write("/etc/default/docker", "# Use DOCKER_OPTS to modify the daemon's options.\n#DOCKER_OPTS=\"--default-runtime crun\"\n")
	tree.Write("/etc/systemd/system/docker.service", "[Service]\n; ExecStart=dockerd --default-runtime crun\n")
	request := tree.Request(engine)
	request.SetAsDefault = true
	if plan := tree.Do(request, Install); !plan.Changes() {
		t.Errorf("%+v", plan)
	}
}

func TestNotes(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write("/etc/default/docker", "DOCKER_OPTS=\"--add-runtime x=/usr/bin/x\"")
	plan := tree.Do(tree.Request(engine), Install)
	if !strings.Contains(strings.Join(plan.Notes, "\n"), "systemctl restart docker (not reload") {
		t.Errorf("%q", plan.Notes)
	}
}
