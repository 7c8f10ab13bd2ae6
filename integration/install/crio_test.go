package install

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
)

// Pods get unbusy by default and by name, and lose it again. Those that asked
// for it by name keep CRI-O from forgetting the name.
func TestCRIO(t *testing.T) {
	built, err := host.CRIOBuilt()
	if err != nil {
		t.Fatal(err)
	}
	if !built {
		t.Skip("CRI-O takes minutes to build, and has not been: MATRIX=full does it")
	}
	h := newHost(t)
	c := h.CRIO()
	engine := cri.CRIO(t, c)
	dir := filepath.Join(h.Dir("crio"), "crio.conf.d")
	file := filepath.Join(dir, "50-unbusy.conf")
	recorded := func(app *cri.Container) bool {
		_, err := os.Stat(filepath.Join(c.RunRoot(), "overlay-containers", app.ID(), "userdata", "unbusy.json"))
		return err == nil
	}
	restart := func() {
		c.Kill()
		c.Restart()
		engine.Await()
	}

	requireIn(t, unbusy(t, h, "install", "crio", "--config", file, "--set-as-default"), file+" was made", "systemctl restart crio")
	requireIn(t, unbusy(t, h, "install", "crio", "--config", file, "--set-as-default"), "already installed")
	restart()
	byDefault := engine.Pod("default")
	byName := engine.Pod("name", cri.Under("unbusy"))
	first, second := byDefault.Run("app"), byName.Run("app")
	if !recorded(first) || !recorded(second) {
		t.Error("the pods' containers do not run under unbusy")
	}

	// Where the containers are is in no file that is looked for by default.
	h.UnbusyConfig(read(t, "/etc/unbusy/config.toml"))
	if err := os.MkdirAll("/etc/crio", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("/etc/crio/crio.conf", []byte("[crio]\nroot = \""+c.Root()+"\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	requireIn(t, unbusy(t, h, "uninstall", "crio", "--config", file), `the handler "unbusy" stays`, "_name_")
	restart()
	later := byDefault.Run("later")
	if recorded(later) {
		t.Error("a container runs under unbusy after its removal")
	}
	// CRI-O still has hold of all of them.
	for _, app := range []*cri.Container{first, second, later} {
		app.Stop()
		app.Remove()
	}
	byDefault.Stop()
	byDefault.Remove()
	byName.Stop()
	byName.Remove()
	unbusy(t, h, "uninstall", "crio", "--config", file)
	if names, err := os.ReadDir(dir); err != nil || len(names) > 0 {
		t.Errorf("there is %v, %v", names, err)
	}
	requireNothingLeft(t)
	restart()
}
