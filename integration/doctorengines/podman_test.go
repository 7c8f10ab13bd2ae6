package doctorengines

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// small are options for a machine with a limit of its own.
var small = []string{"--network", "none", "--ulimit", "nofile=1024:20000", "--ulimit", "nproc=1024:4096"}

// TestPodman has podman with a container, with and without unbusy.
func TestPodman(t *testing.T) {
	h := host.New(t)
	p := h.Podman()
	t.Setenv("CONTAINERS_CONF", filepath.Join(h.Dir("podman"), "containers.conf"))
	// Its storage is known by what runs in it.
	before := about(examine(t, "podman"), "podman has")
	p.Run("web", small...)
	found := require(t, "podman", "podman has", "engine-not-protected")
	if len(before) > 0 && before[0].Evidence == found[0].Evidence {
		t.Errorf("before and after: %+v", found)
	}
	mentions(t, found[0].Fix, "unbusy install podman --set-as-default")

	// By hooks.
	hooks := h.Dir("hooks")
	program := copyTo(t, h, host.Program(t, "unbusy-hook"))
	conf := filepath.Join(h.Dir("podman"), "containers.conf")
	text, err := os.ReadFile(conf)
	if err == nil {
		err = os.WriteFile(conf, []byte(strings.Replace(string(text), "[engine]", "[engine]\nhooks_dir = [\""+hooks+"\"]", 1)), 0o644)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(hooks, "unbusy.json"), []byte(`{"version": "1.0.0", "hook": {"path": "`+program+`"},
			"when": {"always": true}, "stages": ["precreate", "poststop"]}`), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	require(t, "podman", "podman has")
	mentions(t, examine(t, "podman").Summary, "unbusy takes part in the start of every container")
	if err := os.Remove(program); err != nil {
		t.Fatal(err)
	}
	require(t, "podman", program, "unbusy-binary-missing")
}

// TestPodmanRuntime has podman with unbusy as its runtime.
func TestPodmanRuntime(t *testing.T) {
	h := host.New(t)
	wrapper := copyTo(t, h, host.Program(t, "unbusy-runtime"))
	p := h.Podman(host.PodmanRuntime(wrapper))
	t.Setenv("CONTAINERS_CONF", filepath.Join(h.Dir("podman"), "containers.conf"))
	p.Run("web", small...)
	require(t, "podman", "podman")
	if err := os.Chmod(wrapper, 0); err != nil {
		t.Fatal(err)
	}
	require(t, "podman", wrapper, "unbusy-binary-missing")

	// As unbusy install has it: podman takes the first one that is there.
	conf := filepath.Join(h.Dir("podman"), "containers.conf")
	text, err := os.ReadFile(conf)
	if err == nil {
		text = []byte(strings.Replace(string(text), "runtime = \""+wrapper+"\"", "runtime = \"unbusy\"", 1))
		text = append(text, "\n[engine.runtimes]\nunbusy = [\""+wrapper+"\", \"/usr/sbin/runc\"]\n"...)
		err = os.WriteFile(conf, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	found := require(t, "podman", wrapper, "unbusy-binary-missing")
	mentions(t, found[0].Evidence, "containers run under /usr/sbin/runc, without unbusy")
	if err := os.Chmod(wrapper, 0o755); err != nil {
		t.Fatal(err)
	}
	require(t, "podman", wrapper)
	require(t, "podman", "podman")
}
