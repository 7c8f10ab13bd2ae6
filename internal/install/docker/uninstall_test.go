package docker

import (
	"os"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/internal/install"
	"github.com/unbusy/unbusy/internal/install/hosttest"
)

// makeContainer makes a container of dockerd's that was created under a runtime.
func makeContainer(tree *hosttest.Tree, dataRoot, id, runtime string) {
	dir := dataRoot + "/containers/" + id
	tree.Write(dir+"/hostconfig.json", `{"Runtime":"`+runtime+`"}`)
	tree.Write(dir+"/config.v2.json", `{"Name":"/name-`+id+`"}`)
}

// While a container is left that was created under the runtime, the name stays
// for what was behind it.
func TestContainersLeft(t *testing.T) {
	for name, test := range map[string]struct{ text, dataRoot, standsIn string }{
		"runc":             {"{\n  \"debug\": true\n}\n", "/var/lib/docker", `"path": "/usr/sbin/runc"`},
		"moved data":       {"{\n  \"data-root\": \"/srv/docker\"\n}\n", "/srv/docker", `"path": "/usr/sbin/runc"`},
		"remapped users":   {"{\n  \"userns-remap\": \"x\"\n}\n", "/var/lib/docker/1000.1000", `"path": "/usr/sbin/runc"`},
		"crun":             {"{\n  \"default-runtime\": \"c\",\n  \"runtimes\": {\"c\": {\"path\": \"crun\"}}\n}\n", "/var/lib/docker", `"path": "/usr/bin/crun"`},
		"no file at first": {"", "/var/lib/docker", `"path": "/usr/sbin/runc"`},
	} {
		t.Run(name, func(t *testing.T) {
			tree := hosttest.New(t)
			if test.text != "" {
				tree.Write(usualConfig, test.text)
			} else {
				tree.Write("/etc/docker/key.json", "")
			}
			makeContainer(tree, test.dataRoot, "a", "runc")
			tree.Write(test.dataRoot+"/containers/file", "")
			before := tree.All()
			makeContainer(tree, test.dataRoot, "b", "unbusy")
			request := tree.Request(engine)
			request.SetAsDefault = true
			tree.Do(request, Install)
			plan := tree.Do(request, Uninstall)
			notes := strings.Join(plan.Notes, "\n")
			if !strings.Contains(notes, "name-b") || strings.Contains(notes, "name-a") {
				t.Errorf("%s", notes)
			}
			got := tree.Read(usualConfig)
			_, have, err := readSettings(usualConfig, []byte(got))
			_, had, _ := readSettings(usualConfig, []byte(test.text))
			if err != nil || !strings.Contains(got, test.standsIn) || have.DefaultRuntime != had.DefaultRuntime {
				t.Errorf("%v: %s", err, got)
			}
			// Once more changes nothing.
			kept := tree.All()
			if plan := tree.Do(request, Uninstall); plan.Changes() || !strings.Contains(strings.Join(plan.Notes, "\n"), "name-b") {
				t.Errorf("%+v", plan)
			}
			tree.RequireSame(kept)
			// Without the container all is as it was.
			tree.Remove(test.dataRoot + "/containers/b/hostconfig.json")
			tree.Remove(test.dataRoot + "/containers/b/config.v2.json")
			tree.Remove(test.dataRoot + "/containers/b")
			tree.Do(request, Uninstall)
			tree.RequireSame(before)
		})
	}
}

// The data root of a daemon that has a file of its own is only in that file.
func TestContainersOfAnotherDaemon(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write("/srv/daemon.json", `{"data-root": "/srv/data"}`)
	makeContainer(tree, "/srv/data", "b", "unbusy")
	request := tree.Request(engine)
	request.Config = "/srv/daemon.json"
	tree.Do(request, Install)
	if plan := tree.Do(request, Uninstall); !strings.Contains(strings.Join(plan.Notes, "\n"), "name-b") {
		t.Errorf("%q", plan.Notes)
	}
}

// What stands in is taken for the wrapped runtime by the next installation.
func TestInstalledAgain(t *testing.T) {
	tree := hosttest.New(t)
	text := `{"default-runtime": "c", "runtimes": {"c": {"path": "crun"}}}`
	tree.Write(usualConfig, text)
	makeContainer(tree, "/var/lib/docker", "b", "unbusy")
	request := tree.Request(engine)
	request.SetAsDefault = true
	tree.Do(request, Install)
	installed := tree.Read(usualConfig)
	tree.Do(request, Uninstall)
	tree.Do(request, Install)
	if got := tree.Read(usualConfig); got != installed {
		t.Errorf("%s\nwant\n%s", got, installed)
	}
	if link := tree.All()["/var/lib/unbusy/wrap/crun"]; link != "-> "+hosttest.Runtime {
		t.Errorf("link %s", link)
	}
	tree.Remove("/var/lib/docker/containers/b/hostconfig.json")
	tree.Do(request, Uninstall)
	if got := tree.Read(usualConfig); got != text {
		t.Errorf("%s", got)
	}
}

// A file that makes no sense any more is not touched.
func TestBrokenSince(t *testing.T) {
	tree := hosttest.New(t)
	request := tree.Request(engine)
	tree.Do(request, Install)
	tree.Write(usualConfig, "{\n\"a\": }")
	before := tree.All()
	if _, err := install.Do(t.Context(), request, Uninstall); err == nil || !strings.HasPrefix(err.Error(), usualConfig+":2:") {
		t.Errorf("error %v", err)
	}
	tree.RequireSame(before)
}

// What was configured by hand goes, too, and so does what a lost record was of.
func TestNoRecord(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write(usualConfig, `{"debug": true, "default-runtime": "u", "runtimes": {"u": {"path": "/usr/bin/unbusy-runtime"}, "o": {"path": "o"}}}`)
	tree.Do(tree.Request(engine), Uninstall)
	if got := tree.Read(usualConfig); got != `{"debug": true, "runtimes": {"o": {"path": "o"}}}` {
		t.Errorf("%s", got)
	}
}

// An entry that somebody else made is used, and stays as it was.
func TestHandMade(t *testing.T) {
	for name, edit := range map[string]string{"as it is": "", "edited": `"mtu": 1400, `} {
		t.Run(name, func(t *testing.T) {
			tree := hosttest.New(t)
			const text = `{"runtimes": {"u": {"path": "/usr/bin/unbusy-runtime"}}}`
			tree.Write(usualConfig, text)
			request := tree.Request(engine)
			request.SetAsDefault = true
			tree.Do(request, Install)
			installed := `{"runtimes": {"u": {"path": "/usr/bin/unbusy-runtime"}}, "default-runtime": "u"}`
			if got := tree.Read(usualConfig); got != installed {
				t.Errorf("%s", got)
			}
			tree.Write(usualConfig, "{"+edit+installed[1:])
			tree.Do(request, Uninstall)
			if got := tree.Read(usualConfig); got != "{"+edit+text[1:] {
				t.Errorf("%s", got)
			}
		})
	}
}

// A default that somebody chose since stays.
func TestDefaultChosenSince(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write(usualConfig, `{"runtimes": {"c": {"path": "crun"}}}`)
	request := tree.Request(engine)
	request.SetAsDefault = true
	tree.Do(request, Install)
	tree.Write(usualConfig, strings.Replace(tree.Read(usualConfig), `"default-runtime": "unbusy"`, `"default-runtime": "c"`, 1))
	tree.Do(request, Uninstall)
	if got := tree.Read(usualConfig); got != `{"runtimes": {"c": {"path": "crun"}}, "default-runtime": "c"}` {
		t.Errorf("%s", got)
	}
}

func TestMajor(t *testing.T) {
	for text, want := range map[string]int{
		"Docker version 20.10.24+dfsg1, build 5d6db84\n": 20, "Docker version 29.0.1, build x": 29, "": 0, "Docker version dev": 0,
	} {
		if got := major(text); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
}

// The daemon's own check decides from the version on that has one.
func TestCheck(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("chroot needs root; `make test` runs it as root as well")
	}
	busybox, err := os.ReadFile("/bin/busybox")
	if err != nil {
		t.Fatal(err)
	}
	for version, checked := range map[string]bool{"20.10.24": false, "23.0.1": true, "29.1.0": true} {
		t.Run(version, func(t *testing.T) {
			tree := hosttest.New(t)
			tree.Program("/bin/busybox", string(busybox))
			// A fake, since no real dockerd refuses what is written.
			tree.Program("/usr/bin/dockerd", "#!/bin/busybox sh\n"+
				"[ \"$1\" = --version ] && echo Docker version "+version+", build x && exit\n"+
				"[ \"$*\" = \"--validate --config-file "+usualConfig+"\" ] || exit 0\n"+
				"read -r first < "+usualConfig+"; echo \"refused: $first\" >&2; exit 1\n")
			tree.Write(usualConfig, `{"debug":true}`)
			before := tree.All()
			plan, err := install.Do(t.Context(), tree.Request(engine), Install)
			if !checked {
				if err != nil || !strings.Contains(plan.Notes[0], "from version 23 on") {
					t.Errorf("%v, %q", err, plan.Notes)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), `refused: {"debug":true,"runtimes":`) {
				t.Errorf("error %v", err)
			}
			tree.RequireSame(before)
		})
	}
}
