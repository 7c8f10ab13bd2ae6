package sweep

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestLeaf has an agent that has bound a container's root file system to a place
// of its own: that was somebody's wish, and stays. The copy in the original's
// place goes.
func TestLeaf(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		v := s.victim("victim")
		v.run(s.unbusy)
		place := s.h.Dir("place")
		agent := s.agent("private", "mount --bind "+v.merged+" "+place)
		originals := v.originals()

		v.kill()
		before := take(t, s.h)
		leaf := at(t, agent.Pid(), place)
		v.delete(s.unbusy)
		after := take(t, s.h)
		for _, l := range before.lost(after) {
			if l.namespace != namespaceOf(t, agent.Pid()) || l.Point == place || !isCopy(l.Mount, originals) {
				t.Errorf("lost: %s", l)
			}
		}
		if now := at(t, agent.Pid(), place); len(leaf) != 1 || len(now) != 1 || now[0] != leaf[0] {
			t.Errorf("of %v there is %v", leaf, now)
		}
		if n := len(copies(t, agent.Pid(), originals...)); n != 1 {
			t.Errorf("the agent has %d copies, want the one that it bound itself", n)
		}
		s.requireReported(place, "leaf", "place of its own")
		v.requireUnmounts()
	})
}

// TestAlias has the engine's own namespace show a container's root file system
// in a second place. That is the host's, and stays.
func TestAlias(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		v := s.victim("victim")
		v.run(s.unbusy)
		place := s.h.Dir("place")
		v.mount(v.merged, place, "", "")
		before, after := v.end(s.unbusy)
		requireNothingLost(t, before, after)
		s.requireReported(place, "alias", "engine's own mount namespace")
		v.requireUnmounts()
		if err := unix.Unmount(place, 0); err != nil {
			t.Error(err)
		}
	})
}

// TestCoveredCopy has an agent that has mounted something on its copy. It is not
// unmounted along with that.
func TestCoveredCopy(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		v := s.victim("victim")
		v.run(s.unbusy)
		agent := s.agent("private", "mount -t tmpfs mine "+filepath.Join(v.merged, "tmp"))
		originals := v.originals()
		before, after := v.end(s.unbusy)
		requireLost(t, before, after, originals[1:], agent.Pid())
		requireHeld(t, agent.Pid(), originals[:1])
		s.requireReported(v.merged, "private", "something else is mounted on it")
		v.requireUnmounts()
	})
}
