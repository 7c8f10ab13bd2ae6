package shim

import (
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestDaemonKilled kills containerd while containers run, and starts it again:
// they go on, can be used, and are let go when they end.
func TestDaemonKilled(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		used := s.c.Run("used", host.Under(ourHandler))
		victim := s.c.Run("victim", host.Under(ourHandler))
		binder := s.agent("private", "mount --bind "+victim.Rootfs()+" "+s.h.Dir("place"))
		holders := s.private(victim)
		shims := []int{s.c.ShimOf(used.ID()), s.c.ShimOf(victim.ID())}
		s.c.Kill()
		s.c.Restart()
		if now := []int{s.c.ShimOf(used.ID()), s.c.ShimOf(victim.ID())}; now[0] != shims[0] || now[1] != shims[1] {
			t.Errorf("the shims were %v and are %v", shims, now)
		}
		holders.require("while the container runs", true)
		if out := used.Exec("echo", "alive"); out != "alive\n" {
			t.Errorf("the container says %q", out)
		}
		s.end(used)

		shim := s.shim(victim)
		shim.requireDeletes()
		holders.require("after", false)
		if n := s.holds(binder.Pid(), victim); n != 0 {
			t.Errorf("the agent holds %d copies in the original's place", n)
		}
		s.says("a copy of the container's mount stays", "kind=leaf")
		shim.shutdown()
		s.end(s.c.Run("victim", host.Under(ourHandler)))
		s.requireFailures()
	})
}

// TestDaemonAway deletes a container while its containerd does not run. What the
// mountpoint is to that is not known then: it stays, and copies are looked for.
func TestDaemonAway(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		s.h.Engine("dockerd") // without any engine nothing is detached
		victim := s.c.Run("victim", host.Under(ourHandler))
		holders := s.private(victim)
		shim := s.shim(victim)
		shim.kill()
		s.c.Kill()
		if _, err := shim.delete(); err != nil {
			t.Error(err)
		}
		holders.require("after", false)
		if !exists(t, victim.Rootfs()) {
			t.Error("the mountpoint is gone")
		}
		s.c.Restart()
		shim.shutdown()
		s.requireFailures()
	})
}

// TestDaemonElsewhere has containerd come back in another mount namespace, where
// it has copies of what the shims see. In its namespace the mountpoint is its
// own, and so is what is mounted there.
func TestDaemonElsewhere(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		victim := s.c.Run("victim", host.Under(ourHandler))
		holders := s.private(victim)
		s.c.Kill()
		s.c.RestartApart()
		daemon := s.c.Pid()
		s.requireHolds(daemon, victim)
		shim := s.shim(victim)
		shim.requireDeletes()
		if !exists(t, victim.Rootfs()) {
			t.Error("the mountpoint is gone")
		}
		if s.holds(daemon, victim) == 0 {
			t.Error("containerd's own mount is gone")
		}
		holders.require("after", false)
		shim.shutdown()
		s.requireFailures()
		s.c.Kill() // 1.6 takes its time to end otherwise
	})
}
