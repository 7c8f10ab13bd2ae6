package shim

import (
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestLeak has agents that hold copies of a container's root file system in every
// way that removing its mountpoint ends. Ours has done so when it answers, and
// the file system has ended.
func TestLeak(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		s.bothShims(func(handler string) {
			bystander := s.c.Run("bystander-"+handler, host.Under(handler))
			victim := s.c.Run("victim-"+handler, host.Under(handler))
			fs := s.overlay(victim)
			container := s.agentFromBefore("agent-" + handler)
			pids := map[string]int{
				"container": container.Pid(),
				"process":   s.agent("private", "").Pid(),
				"locked": s.h.Start("unshare", "--user", "--map-root-user", "--mount", "--propagation", "private",
					"sh", "-c", "echo it is there; read end").Pid(),
				"covered":       s.agent("private", "mount -t tmpfs mine "+victim.Rootfs()).Pid(),
				"covered below": s.agent("private", "mount -t tmpfs mine "+filepath.Join(victim.Rootfs(), "tmp")).Pid(),
			}
			for _, pid := range pids {
				s.requireHolds(pid, victim)
				s.requireHolds(pid, bystander)
			}

			shim := s.shim(victim)
			shim.requireDeletes()
			for name, pid := range pids {
				if n := s.holds(pid, victim); (n == 0) != (handler == ourHandler) {
					t.Errorf("%s: %s: the agent holds %d mounts of the container's", handler, name, n)
				}
				if s.holds(pid, bystander) == 0 {
					t.Errorf("%s: %s: the agent has lost what was another container's", handler, name)
				}
			}
			if live := fs.lives(); live != (handler == stockHandler) {
				t.Errorf("%s: the root file system lives: %v", handler, live)
			}
			shim.shutdown()
			if out := bystander.Exec("echo", "alive"); out != "alive\n" {
				t.Errorf("%s: the bystander says %q", handler, out)
			}
			s.end(bystander, container)
		})
		if s.hasSaid("detached a copy") {
			t.Error("the mount namespaces were searched although there was no need")
		}
		s.requireFailures()
	})
}
