package crio

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
)

// TestHooks has nothing of unbusy but its hooks. CRI-O gives them to the
// containers of a pod and not to its infra container (cri-o
// server/container_create.go): of what is the pod's nothing is let go.
func TestHooks(t *testing.T) {
	h := newHost(t)
	dir := h.Dir("hooks.d")
	installHooks(t, dir, "unbusy-prestart.json", "unbusy-poststop.json")
	c := h.CRIO(host.CRIOHooks(dir))
	engine := cri.CRIO(t, c)
	victim := engine.Pod("victim", cri.Labels())
	app := victim.Run("app")
	for id, want := range map[string]bool{app.ID(): true, victim.ID(): false} {
		record := filepath.Join(c.RunRoot(), "overlay-containers", id, "userdata/unbusy.json")
		if _, err := os.Stat(record); (err == nil) != want {
			t.Errorf("what a container owns is recorded in %s: %v", record, err)
		}
	}
	agent := agentPod(t, engine, "", "/run")
	m := podMounts(t, victim, app)[shm]
	app.Stop()
	app.Remove()
	victim.Stop()
	if host.Held(t, agent.Pid(), m) == 0 {
		t.Error("hooks alone have let go of a pod's shared memory")
	}
	victim.Remove()
	if record, err := os.ReadFile("/run/unbusy/events"); err == nil && strings.Contains(string(record), app.ID()) {
		t.Errorf("a hook failed: %s", record)
	}
}

// TestPrecreateHook shows why a directory that CRI-O reads must not have the hook
// that is for podman alone.
func TestPrecreateHook(t *testing.T) {
	h := newHost(t)
	dir := h.Dir("hooks.d")
	installHooks(t, dir, "podman/unbusy-precreate.json")
	text, err := h.TryCRIO(host.CRIOHooks(dir))
	if err == nil || !strings.Contains(err.Error(), "unknown stage") {
		t.Errorf("CRI-O starts: %s %v", text, err)
	}
}

// installHooks puts files of contrib/hooks.d into a directory. The program they
// name is the one under test.
func installHooks(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join("../../contrib/hooks.d", name))
		if err != nil {
			t.Fatal(err)
		}
		const installed = `"/usr/libexec/unbusy/unbusy-hook"`
		if !strings.Contains(string(text), installed) {
			t.Fatalf("%s names another program: %s", name, text)
		}
		mine := strings.Replace(string(text), installed, fmt.Sprintf("%q", host.Program(t, "unbusy-hook")), 1)
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), []byte(mine), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
