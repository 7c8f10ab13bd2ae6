package shim

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
)

// TestWhatStays has agents that keep a container's root file system in ways which
// nobody may end: one has bound it to a place of its own, one works in a copy. The
// log names them. Copies in the original's place go all the same.
func TestWhatStays(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		victim := s.c.Run("victim", host.Under(ourHandler))
		fs := s.overlay(victim)
		place := s.h.Dir("place")
		binder := s.agent("private", "mount --bind "+victim.Rootfs()+" "+place)
		worker := s.agent("private", "cd "+victim.Rootfs())
		holder := s.agentFromBefore("holder")
		pids := []int{binder.Pid(), worker.Pid(), holder.Pid()}
		for _, pid := range pids {
			s.requireHolds(pid, victim)
		}

		shim := s.shim(victim)
		shim.requireDeletes()
		for _, pid := range pids {
			if n := s.holds(pid, victim); n != 0 {
				t.Errorf("process %d holds %d copies in the original's place", pid, n)
			}
		}
		if !host.IsMounted(t, binder.Pid(), place) {
			t.Error("what the agent has bound to a place of its own is gone")
		}
		if !fs.lives() {
			t.Error("the root file system has ended: there is nothing to show")
		}
		s.says("a copy of the container's mount stays", "kind=leaf", "container=victim", "mountpoint="+place, "pid="+itoa(binder.Pid()))
		s.says("a process uses the ended container's files", "container=victim", "pid="+itoa(worker.Pid()))
		shim.shutdown()
		s.end(holder)
		s.requireFailures()
	})
}

// TestAliasStays has the root file system in a second place of containerd's own
// namespace. That is the host's, and stays.
func TestAliasStays(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		victim := s.c.Run("victim", host.Under(ourHandler))
		alias := s.h.Dir("alias")
		if err := unix.Mount(victim.Rootfs(), alias, "", unix.MS_BIND, ""); err != nil {
			t.Fatal(err)
		}
		shim := s.shim(victim)
		shim.requireDeletes()
		if !host.IsMounted(t, 0, alias) {
			t.Error("what the host has mounted in a second place is gone")
		}
		s.says("a copy of the container's mount stays", "kind=alias", "mountpoint="+alias)
		shim.shutdown()
		s.requireFailures()
	})
}
