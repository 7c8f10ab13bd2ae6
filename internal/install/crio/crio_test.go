package crio

import (
	"os"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/internal/install/hosttest"
	"github.com/unbusy/unbusy/internal/install/podman"
)

const (
	dropIns  = usualMain + ".d"
	usual    = dropIns + "/" + usualName
	wrapCrun = "/var/lib/unbusy/wrap/crun"
)

func read(t *testing.T, tree *hosttest.Tree) runtimes {
	t.Helper()
	files, err := sources(tree.Request(engine).Host, place{main: usualMain, dir: dropIns}, "")
	if err != nil {
		t.Fatal(err)
	}
	return merged(files)
}

// packaged is how CRI-O's own packages configure it: crun is in no $PATH.
const packaged = `[crio.image]
signature_policy = "/etc/crio/policy.json"

[crio.runtime]
default_runtime = "crun"

[crio.runtime.runtimes.crun]
runtime_path = "/usr/libexec/crio/crun"
runtime_root = "/run/crun"
monitor_path = "/usr/libexec/crio/conmon"
allowed_annotations = [
    "io.containers.trace-syscall",
]

[crio.runtime.runtimes.runc]
runtime_path = "/usr/libexec/crio/runc"
runtime_root = "/run/runc"
monitor_path = "/usr/libexec/crio/conmon"
`

func TestThereAndBack(t *testing.T) {
	for name, test := range map[string]struct {
		files     map[string]string
		config    string
		byDefault bool
		want      handler
	}{
		"nothing":  {nil, "", false, handler{"runtime_path": wrapCrun, "runtime_type": "oci", "runtime_root": "/run/crun"}},
		"default":  {nil, "", true, handler{"runtime_path": wrapCrun, "runtime_type": "oci", "runtime_root": "/run/crun"}},
		"packaged": {map[string]string{dropIns + "/10-crio.conf": packaged}, "", true, handler{"runtime_path": hosttest.Runtime, "runtime_root": "/run/crun", "monitor_path": "/usr/libexec/crio/conmon", "allowed_annotations": []any{"io.containers.trace-syscall"}, "runtime_type": "oci"}},
		"runc, in the main file": {map[string]string{usualMain: "# c\r\n[crio.runtime]\r\ndefault_runtime = \"runc\"\r\n[crio.runtime.runtimes.runc]\r\nprivileged_without_host_devices = true\r\ncontainer_min_memory = \"\"\r\ninherit_default_runtime = true\r\n[crio.runtime.runtimes.runc.default_annotations]\r\n\"a/b\" = \"c\"\r\n"}, "", true,
			handler{"runtime_path": hosttest.Runtime, "privileged_without_host_devices": true, "default_annotations": map[string]any{"a/b": "c"}, "runtime_type": "oci"}},
		"the last file's whole table": {map[string]string{dropIns + "/10": packaged, dropIns + "/20": "[crio.runtime.runtimes.crun]\nruntime_path = \"/usr/bin/crun\"\nruntime_type = \"oci\"\n"}, "", true,
			handler{"runtime_path": wrapCrun, "runtime_type": "oci"}},
		"operator's file": {map[string]string{dropIns + "/10-crio.conf": packaged}, dropIns + "/10-crio.conf", true,
			handler{"runtime_path": hosttest.Runtime, "runtime_root": "/run/crun", "monitor_path": "/usr/libexec/crio/conmon", "allowed_annotations": []any{"io.containers.trace-syscall"}, "runtime_type": "oci"}},
	} {
		t.Run(name, func(t *testing.T) {
			tree := hosttest.New(t)
			tree.Program("/usr/libexec/crio/crun", "")
			for path, text := range test.files {
				tree.Write(path, text)
			}
			before := tree.All()
			request := tree.Request(engine)
			request.Config, request.SetAsDefault = test.config, test.byDefault
			tree.Do(request, Install)
			all := read(t, tree)
			if got := all.handlers[ours]; !same(got, test.want) || (all.standard == ours) != test.byDefault {
				t.Errorf("CRI-O reads %v, default %s; want %v", got, all.standard, test.want)
			}
			if name == "packaged" && tree.Read("/etc/unbusy/config.toml") != "runtime = \"/usr/libexec/crio/crun\"\n" {
				t.Error("unbusy-runtime does not know what to call")
			}
			tree.RequireIdle(request, Install, "already installed")
			tree.Do(request, Uninstall)
			tree.RequireSame(before)
			tree.RequireIdle(request, Uninstall, "not installed; nothing was changed")
		})
	}
}

func same(a, b handler) bool {
	if len(a) != len(b) {
		return false
	}
	for key, value := range a {
		switch value := value.(type) {
		case []any:
			other, ok := b[key].([]any)
			if !ok || len(other) != len(value) || len(value) > 0 && value[0] != other[0] {
				return false
			}
		case map[string]any:
			other, ok := b[key].(map[string]any)
			if !ok || !same(value, other) {
				return false
			}
		default:
			if b[key] != value {
				return false
			}
		}
	}
	return true
}

func TestEdited(t *testing.T) {
	tree := hosttest.New(t)
	request := tree.Request(engine)
	request.SetAsDefault = true
	tree.Do(request, Install)
	// A key in the handler goes with it, everything else stays.
	tree.Write(usual, "# mine\n"+tree.Read(usual)+"no_sync_log = true\n\n[crio.image]\npause_image = \"p\" # mine, too\n")
	tree.Do(request, Uninstall)
	got := tree.Read(usual)
	for _, want := range []string{"# mine\n", "[crio.image]\npause_image = \"p\" # mine, too\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q has no %q", got, want)
		}
	}
	if strings.Contains(got, "no_sync_log") || strings.Contains(got, "runtimes") || strings.Contains(got, "default_runtime") {
		t.Errorf("%q", got)
	}
}

func TestRefused(t *testing.T) {
	for name, test := range map[string]struct{ path, text, want string }{
		"malformed": {usual, "\n[crio\n", usual + ":2:"},
		"elsewhere": {usualMain, "[crio.runtime]\ndefault_runtime = 1\n", usualMain + ":2:"},
		"later":     {dropIns + "/99-x.conf", "[crio.runtime]\ndefault_runtime = \"crun\"\n", "99-x.conf, which CRI-O reads after " + usual + `, makes "crun" the default`},
		"same name": {usualMain, "[crio.runtime.runtimes.unbusy]\nruntime_path = \"/usr/bin/crun\"\n", `another runtime handler called "unbusy" already: /usr/bin/crun`},
		"kata":      {usualMain, "[crio.runtime]\ndefault_runtime = \"kata\"\n[crio.runtime.runtimes.kata]\nruntime_type = \"vm\"\n", "starts virtual machines"},
		"missing":   {usualMain, "[crio.runtime]\ndefault_runtime = \"x\"\n", `default runtime "x" was not found`},
		"gone":      {usualMain, "[crio.runtime]\ndefault_runtime = \"x\"\n[crio.runtime.runtimes.x]\nruntime_path = \"/gone\"\n", `default runtime "x" was not found`},
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

// The handler stays while there are containers of pods that asked for it.
func TestContainersLeft(t *testing.T) {
	tree := hosttest.New(t)
	pod := func(id, handler string) {
		tree.Write("/var/lib/containers/storage/overlay-containers/"+id+"/userdata/config.json",
			`{"annotations":{"io.kubernetes.cri-o.RuntimeHandler":"`+handler+`","io.kubernetes.cri-o.Name":"k8s_`+id+`"}}`)
	}
	pod("a", "")
	tree.Write("/var/lib/containers/storage/overlay-containers/containers.json", "[]")
	before := tree.All()
	request := tree.Request(engine)
	request.SetAsDefault = true
	tree.Do(request, Install)
	pod("b", "unbusy")
	plan := tree.Do(request, Uninstall)
	if notes := strings.Join(plan.Notes, "\n"); !strings.Contains(notes, "k8s_b") || strings.Contains(notes, "k8s_a") {
		t.Errorf("%s", notes)
	}
	all := read(t, tree)
	if got := all.handlers[ours]; got["runtime_path"] != "/usr/bin/crun" || got["runtime_root"] != "/run/crun" || all.standard != "" {
		t.Errorf("CRI-O reads %v, default %q", got, all.standard)
	}
	if err := os.RemoveAll(tree.Path("/var/lib/containers/storage/overlay-containers/b")); err != nil {
		t.Fatal(err)
	}
	tree.Do(request, Uninstall)
	tree.RequireSame(before)
}

// A link that is two engines' runtime is there until both have let it go.
func TestSharedLink(t *testing.T) {
	tree := hosttest.New(t)
	before := tree.All()
	tree.Do(tree.Request(engine), Install)
	tree.Do(tree.Request("podman"), podman.Install)
	tree.Do(tree.Request(engine), Uninstall)
	if link := tree.All()[wrapCrun]; link != "-> "+hosttest.Runtime {
		t.Errorf("podman's runtime is %q", link)
	}
	tree.Do(tree.Request("podman"), podman.Uninstall)
	tree.RequireSame(before)
}
