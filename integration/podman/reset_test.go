package podman

import (
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestReset has a user throw away everything that his podman has, while a
// container runs that somebody holds.
func TestReset(t *testing.T) {
	compare(t, rootless, func(s *stage) []answer {
		s.Run("c", "--stop-timeout", "0")
		c, agent := s.victim("c"), s.agent()
		if held := s.mounted(agent.Pid(), c.mounts); len(held) == 0 {
			t.Fatal("the agent holds nothing: there is nothing to show")
		}
		answers := []answer{s.ask("system", "reset", "--force")}
		if left, err := filepath.Glob(filepath.Join(s.GraphRoot(), "overlay*", "*")); err != nil || len(left) != 0 {
			t.Errorf("%q is left, %v", left, err)
		}
		if detached := s.journal.detached(t, c.id); s.way.front != alone && len(detached) != len(c.mounts) {
			t.Errorf("of %q copies were detached of %v", c.mounts, detached)
		}
		return answers
	}, host.PodmanWithoutExitCommand())
}
