package shim

import (
	"strconv"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestBySearch has the shim search /proc, as on kernels before Linux 6.12. A runtime
// that creates or deletes a container meanwhile must not end with a thread of the
// shim's.
func TestBySearch(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		s.h.UnbusyConfig(host.Patient + "namespaces = \"proc\"\n")
		for i := range 5 {
			victim := s.c.Run("victim-"+strconv.Itoa(i), host.Under(ourHandler), host.Flags("--net-host"))
			agent := s.agent("private", "").Pid()
			s.requireHolds(agent, victim)
			shim := s.shim(victim)
			shim.requireDeletes()
			if n := s.holds(agent, victim); n != 0 {
				t.Errorf("the agent holds %d mounts of container %d", n, i)
			}
			shim.shutdown()
		}
		s.requireFailures()
	})
}
