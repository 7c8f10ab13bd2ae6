package podman

import (
	"os"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/internal/install/hosttest"
)

func read(t *testing.T, tree *hosttest.Tree) settings {
	t.Helper()
	files, err := sources(tree.Request(engine).Host, "")
	if err != nil {
		t.Fatal(err)
	}
	return merged(files)
}

func TestThereAndBack(t *testing.T) {
	const others = "# of ours\r\n[engine]\r\nruntime = \"runc\" # the old one\r\n"
	for name, test := range map[string]struct {
		files      map[string]string
		config     string
		setDefault bool
		first      string // of the runtime's paths
		json       int    // entries in the list
	}{
		"nothing":         {nil, "", false, "/var/lib/unbusy/wrap/crun", 7},
		"default":         {nil, "", true, "/var/lib/unbusy/wrap/crun", 7},
		"runc":            {map[string]string{systemConfig: others}, "", true, hosttest.Runtime, 7},
		"vendor's":        {map[string]string{vendorConfig: others}, "", true, hosttest.Runtime, 7},
		"drop-in's":       {map[string]string{dropInDir + "/10.conf": others}, "", true, hosttest.Runtime, 7},
		"no drop-in":      {map[string]string{dropInDir + "/10.txt": others}, "", true, "/var/lib/unbusy/wrap/crun", 7},
		"later, no clash": {map[string]string{dropInDir + "/90.conf": "[engine.runtimes]\nx = [\"/x\"]\n"}, "", true, "/var/lib/unbusy/wrap/crun", 7},
		"path of its own": {map[string]string{systemConfig: "[engine]\nruntime = \"r\"\n[engine.runtimes]\nr = [\"/none\", \"/usr/sbin/runc\"]\n"}, "", true, hosttest.Runtime, 7},
		"by path":         {map[string]string{systemConfig: "[engine]\nruntime = \"/usr/bin/crun\"\n"}, "", true, "/var/lib/unbusy/wrap/crun", 7},
		"a short list":    {map[string]string{systemConfig: "[engine]\nruntime_supports_json = [\"crun\"]\n"}, "", true, "/var/lib/unbusy/wrap/crun", 2},
		"list elsewhere":  {map[string]string{systemConfig: "[engine]\nruntime_supports_json = [\"runc\"]\n"}, "", true, "/var/lib/unbusy/wrap/crun", 1},
		"operator's file": {map[string]string{systemConfig: others + "[containers]\r\nx = 1\r\n"}, systemConfig, true, hosttest.Runtime, 7},
		"empty file":      {map[string]string{usualConfig: ""}, "", true, "/var/lib/unbusy/wrap/crun", 7},
	} {
		t.Run(name, func(t *testing.T) {
			tree := hosttest.New(t)
			for path, text := range test.files {
				tree.Write(path, text)
			}
			before := tree.All()
			request := tree.Request(engine)
			request.Config, request.SetAsDefault = test.config, test.setDefault
			tree.Do(request, Install)
			all := read(t, tree)
			paths := all.Engine.Runtimes[ours]
			if len(paths) != 2 || paths[0] != test.first || (all.Engine.Runtime == ours) != test.setDefault || len(all.Engine.JSON) != test.json {
				t.Errorf("podman reads %+v", all)
			}
			tree.RequireIdle(request, Install, "already installed")
			tree.Do(request, Uninstall)
			tree.RequireSame(before)
			tree.RequireIdle(request, Uninstall, "not installed; nothing was changed")
		})
	}
}

func TestEdited(t *testing.T) {
	for name, test := range map[string]struct {
		before string
		edit   func(text string) string
		after  string
	}{
		"a comment":   {"", func(text string) string { return text + "# mine\n" }, "# mine\n"},
		"another key": {"", func(text string) string { return text + "\n[containers]\npids_limit = 5\n" }, "[containers]\npids_limit = 5\n"},
		"theirs": {"[engine]\n# c\nruntime = \"crun\"\n", func(text string) string { return "# top\n" + text },
			"# top\n[engine]\n# c\nruntime = \"crun\"\n"},
		"another default": {"", func(text string) string { return strings.Replace(text, `runtime = "unbusy"`, `runtime = "runc"`, 1) },
			"[engine]\nruntime = \"runc\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			tree := hosttest.New(t)
			if test.before != "" {
				tree.Write(usualConfig, test.before)
			}
			request := tree.Request(engine)
			request.SetAsDefault = true
			tree.Do(request, Install)
			tree.Write(usualConfig, test.edit(tree.Read(usualConfig)))
			tree.Do(request, Uninstall)
			got := tree.Read(usualConfig)
			if want := test.after; strings.TrimSpace(strings.TrimPrefix(got, header)) != strings.TrimSpace(want) {
				t.Errorf("%q, want %q", got, want)
			}
			if _, ok := tree.All()["/var/lib/unbusy/"]; ok {
				t.Error("the record stays")
			}
		})
	}
}

func TestRefused(t *testing.T) {
	for name, test := range map[string]struct{ path, text, want string }{
		"malformed":  {usualConfig, "[engine\n", usualConfig + ":1:"},
		"elsewhere":  {systemConfig, "[engine]\n\nruntime = 1\n", systemConfig + ":3:"},
		"later":      {dropInDir + "/99-x.conf", "[engine]\nruntime = \"runc\"\n", `99-x.conf, which podman reads after ` + usualConfig + `, makes "runc" the default`},
		"same name":  {systemConfig, "[engine.runtimes]\nunbusy = [\"/usr/bin/crun\"]\n", `another runtime called "unbusy"`},
		"no default": {systemConfig, "[engine]\nruntime = \"none\"\n", `default runtime "none" was not found`},
	} {
		t.Run(name, func(t *testing.T) {
			tree := hosttest.New(t)
			tree.Write(test.path, test.text)
			request := tree.Request(engine)
			request.SetAsDefault = true
			tree.RequireRefused(request, Install, test.want)
		})
	}
}

func TestAlready(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write(systemConfig, "[engine]\nruntime = \"mine\"\n[engine.runtimes]\nmine = [\"/opt/crun\"]\n")
	tree.Link("/opt/crun", hosttest.Runtime)
	request := tree.Request(engine)
	request.SetAsDefault = true
	tree.RequireIdle(request, Install, `already installed: podman's runtime "mine" is unbusy-runtime; nothing was changed`)
}

// The name stays while podman has containers that were created under it, or does
// not say so. The podman is a fake: the real one is asked by integration/install.
func TestContainersLeft(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("chroot needs root; `make test` runs it as root as well")
	}
	busybox, err := os.ReadFile("/bin/busybox")
	if err != nil {
		t.Fatal(err)
	}
	tree := hosttest.New(t)
	before := tree.All()
	tree.Program("/bin/busybox", string(busybox))
	tree.Program("/usr/bin/podman", "#!/bin/busybox sh\ncase \"$*\" in *fails*) exit 1;; *inspect*) echo unbusy one; echo crun two;; *) echo 123;; esac\n")
	request := tree.Request(engine)
	request.SetAsDefault = true
	tree.Do(request, Install)
	plan := tree.Do(request, Uninstall)
	// It would lose what it knows of running containers if it were asked.
	if notes := strings.Join(plan.Notes, "\n"); !strings.Contains(notes, "podman did not say which containers were created under it (it has not been used since the boot") {
		t.Errorf("with another /run: %s", notes)
	}
	tree.Write("/run/libpod/alive", "")
	request.SetAsDefault = true
	tree.Do(request, Install)
	plan = tree.Do(request, Uninstall)
	if notes := strings.Join(plan.Notes, "\n"); !strings.Contains(notes, "without it: one\n") {
		t.Errorf("%s", notes)
	}
	all := read(t, tree)
	if paths := all.Engine.Runtimes[ours]; len(paths) != 1 || paths[0] != "/usr/bin/crun" || all.Engine.Runtime != "" {
		t.Errorf("podman reads %+v", all)
	}
	if link := tree.All()["/var/lib/unbusy/wrap/crun"]; link != "-> /usr/bin/crun" {
		t.Errorf("the link, which monitors still call: %s", link)
	}
	tree.Program("/usr/bin/podman", "#!/bin/busybox sh\nexit 1\n")
	plan = tree.Do(request, Uninstall)
	if notes := strings.Join(plan.Notes, "\n"); plan.Changes() || !strings.Contains(notes, "podman did not say") {
		t.Errorf("%s", notes)
	}
	tree.Remove("/usr/bin/podman")
	tree.Do(request, Uninstall)
	tree.Remove("/bin/busybox")
	tree.Remove("/run/libpod/alive")
	for _, dir := range []string{"/bin", "/run/libpod", "/run"} {
		if err := os.Remove(tree.Path(dir)); err != nil {
			t.Fatal(err)
		}
	}
	tree.RequireSame(before)
}
