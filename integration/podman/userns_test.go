package podman

import (
	"path/filepath"
	"testing"
)

// TestUserns has a user's agent with a user namespace of its own, out of which
// the kernel lets nobody take a copy but with its mountpoint: that stays until
// the container is removed, and is no failure.
func TestUserns(t *testing.T) {
	s := newStage(t, rootless)
	s.Run("c")
	s.Run("agent", "--volume", "/:/host", "--userns", "auto:size=1000")
	agent := s.pid("agent")
	var copies []string
	for _, point := range s.victim("c").mounts {
		copies = append(copies, filepath.Join("/host", point))
	}
	for _, test := range []struct {
		command []string
		held    bool
	}{
		{[]string{"stop", "--time", "0", "c"}, true},
		{[]string{"rm", "c"}, false},
	} {
		if len(s.mounted(agent, copies)) == 0 {
			t.Fatal("the agent has no copies: there is nothing to show")
		}
		if a := s.ask(test.command...); a.status != 0 || a.stderr != "" {
			t.Errorf("%+v", a)
		}
		if held := s.mounted(agent, copies); (len(held) > 0) != test.held {
			t.Errorf("podman %q: the agent holds %q", test.command, held)
		}
	}
}
