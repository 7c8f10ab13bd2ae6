package install

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

const dropIn = "/etc/containers/containers.conf.d/50-unbusy.conf"

// Podman is asked for its containers, and what it does not find any more it does
// not start.
func TestPodman(t *testing.T) {
	h := newHost(t)
	const original = "# of somebody else\n"
	p := h.Podman(host.PodmanDropIn(original))
	storage := filepath.Join(h.Dir("podman"), "storage.conf")
	text := "[storage]\ndriver = \"overlay\"\ngraphroot = \"" + p.GraphRoot() + "\"\nrunroot = \"" + p.RunRoot() + "\"\n"
	if err := os.WriteFile(storage, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CONTAINERS_STORAGE_CONF", storage)
	runtime := func(name string) string {
		return strings.TrimSpace(p.Podman("container", "inspect", "--format", "{{.OCIRuntime}}", name))
	}

	requireIn(t, unbusy(t, h, "install", "podman", "--set-as-default"), dropIn+" was changed")
	requireIn(t, unbusy(t, h, "install", "podman", "--set-as-default"), "already installed")
	p.Run("after")
	if got := runtime("after"); got != "unbusy" {
		t.Errorf("the container runs under %s", got)
	}

	requireIn(t, unbusy(t, h, "uninstall", "podman"), "without it: after\n")
	p.Podman("restart", "--time", "0", "after")
	if got := strings.TrimSpace(p.Podman("container", "inspect", "--format", "{{.State.Running}} {{.OCIRuntime}}", "after")); got != "true unbusy" {
		t.Errorf("the container is %s", got)
	}
	p.Run("later")
	if got := runtime("later"); got == "unbusy" {
		t.Error("a container runs under unbusy after its removal")
	}
	p.Podman("rm", "--force", "--time", "0", "after")
	requireIn(t, unbusy(t, h, "uninstall", "podman"), dropIn+" was changed")
	if got := read(t, dropIn); got != original {
		t.Errorf("the file is not what it was:\n%s", got)
	}
	requireNothingLeft(t)
}
