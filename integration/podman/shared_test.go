package podman

import "testing"

// TestShared has a user's agent that shares the mounts of its namespace with
// those it might make. That an unmount there reaches nobody else is known although
// most of the host's namespaces are closed to the user.
func TestShared(t *testing.T) {
	for _, w := range []way{{runtime: "crun", front: link}, rootless} {
		t.Run(w.String(), func(t *testing.T) {
			s := newStage(t, w)
			s.Run("c")
			c, agent := s.victim("c"), s.agent("mount --make-rshared /")
			if held := s.mounted(agent.Pid(), c.mounts); len(held) != len(c.mounts) {
				t.Fatalf("the agent holds %q: there is nothing to show", held)
			}
			s.Podman.Podman("stop", "--time", "0", "c")
			if held := s.mounted(agent.Pid(), c.mounts); len(held) != 0 {
				t.Errorf("the agent holds %q", held)
			}
		})
	}
}
