package sweep

import (
	"os"
	"testing"
)

// TestLockedCopies has an agent in a user namespace of its own. What its mount
// namespace was made with nobody can take out: that is said. Removing the
// mountpoint, as engines do in the end, takes it away all the same.
func TestLockedCopies(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		v := s.victim("victim")
		v.run(s.unbusy)
		agent := s.h.Start("unshare", "--user", "--map-root-user", "--mount", "--propagation", "private",
			"sh", "-c", "echo it is there; read end")
		originals := v.originals()
		requireHeld(t, agent.Pid(), originals)

		before, after := v.end(s.unbusy)
		requireNothingLost(t, before, after)
		s.requireReported(v.merged, "locked", "locked")
		s.requireReported(v.shm, "locked", "locked")
		v.requireUnmounts()
		requireCopiesGoWithMountpoint(t, v, agent.Pid())
	})
}

// TestSlaveOfAnotherUser has an agent in a user namespace of its own whose
// mounts are slaves of the host's: what was mounted since is locked by nobody.
func TestSlaveOfAnotherUser(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		agent := s.h.Start("unshare", "--user", "--map-root-user", "--mount", "--propagation", "slave",
			"sh", "-c", "echo it is there; read end")
		v := s.victim("victim")
		v.run(s.unbusy)
		originals := v.originals()
		requireHeld(t, agent.Pid(), originals)

		before, after := v.end(s.unbusy)
		requireLost(t, before, after, originals, agent.Pid())
		v.requireUnmounts()
	})
}

// requireCopiesGoWithMountpoint removes the unmounted mountpoints, as an engine
// does, and fails unless that takes what a process has there with it.
func requireCopiesGoWithMountpoint(t *testing.T, v *victim, pid int) {
	t.Helper()
	for _, point := range []string{v.merged, v.shm} {
		if n := len(at(t, pid, point)); n == 0 {
			t.Errorf("nothing is on %s any more: there is nothing to show", point)
		}
		if err := os.Remove(point); err != nil {
			t.Error(err)
		}
		if left := at(t, pid, point); len(left) != 0 {
			t.Errorf("the mountpoint is gone, and there is %v", left)
		}
	}
}
