package hook

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestBesideWrapper has the hooks and unbusy-runtime at once.
func TestBesideWrapper(t *testing.T) {
	h := host.New(t)
	wrapped := filepath.Join(h.Dir("bin"), "crun")
	wrapper := host.Program(t, "unbusy-runtime")
	if err := os.Symlink(wrapper, wrapped); err != nil {
		t.Fatal(err)
	}
	s := stageOn(t, h, "crun", host.PodmanRuntime(wrapped))
	s.hooks = h.Dir("hooks")
	for _, hook := range ours {
		s.hook(hook)
	}
	s.watch()
	for range 2 {
		id := s.run("victim")
		victim := s.mounts(id, 0)
		agent := s.agent()
		if !strings.Contains(s.host(agent).Propagation, "master:") {
			t.Errorf("the agent's copy of the host has propagation %q", s.host(agent).Propagation)
		}
		s.watch(agent)
		s.podman("restart", "--time", "0", "victim")
		s.requireHeld(id, agent, victim, false)
		for _, name := range []string{"victim", "agent"} {
			s.requireAlive(name)
			s.podman("rm", "--force", "--time", "0", name)
		}
	}
}
