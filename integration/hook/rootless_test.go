package hook

import (
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestRootless has an ordinary user's podman, and an agent of the same user's that
// was there before.
func TestRootless(t *testing.T) {
	for _, hooks := range [][]string{nil, ours} {
		t.Run(name("crun", hooks), func(t *testing.T) {
			s := newStage(t, "crun", hooks, host.PodmanRootless())
			s.watch()
			id := s.run("victim")
			podman := s.monitor("victim")
			victim := s.mounts(id, podman)
			agent := s.agent()
			before := s.from(podman)
			s.watch(agent, before.Pid())
			for _, pid := range []int{agent, before.Pid()} {
				s.requireHolds(pid, victim.rootfs, true)
				s.requireHolds(pid, victim.shm, true)
			}
			slave := strings.Contains(s.host(agent).Propagation, "master:")
			if slave != (hooks != nil) {
				t.Errorf("the agent's copy of the host has propagation %q", s.host(agent).Propagation)
			}
			s.podman("stop", "--time", "0", "victim")
			for _, pid := range []int{agent, before.Pid()} {
				s.requireHeld(id, pid, victim, hooks == nil)
			}
			s.requireAlive("agent")
		})
	}
}
