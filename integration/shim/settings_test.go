package shim

import (
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestNoSweep has a configuration by which nobody looks for copies: nothing is
// recorded either, and they stay until containerd removes the mountpoint.
func TestNoSweep(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		s.h.UnbusyConfig(`sweep_budget = "0s"`)
		victim := s.c.Run("victim", host.Under(ourHandler))
		agent := s.agent("private", "")
		s.requireHolds(agent.Pid(), victim)
		if exists(t, victim.Bundle(), "unbusy.json") {
			t.Error("there is a record")
		}
		shim := s.shim(victim)
		shim.requireDeletes()
		if s.holds(agent.Pid(), victim) == 0 {
			t.Error("the agent's copy is gone")
		}
		shim.shutdown()
		s.requireFailures()
	})
}

// TestBrokenConfiguration has a configuration file that nobody understands: what
// the operator wants is not known. Containers run and end as they would without
// us, and that is recorded.
func TestBrokenConfiguration(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		s.h.UnbusyConfig(`sweep_budget = [`)
		victim := s.c.Run("victim", host.Under(ourHandler))
		s.requireFailures(`"kind":"failed-open"`)
		agent := s.c.Run("agent", host.Under(ourHandler), host.Bind("/", "/host", "rbind", "rprivate"))
		s.requireFailures(`"kind":"failed-open"`)
		s.requireHolds(agent.Pid(), victim)
		if out := victim.Exec("echo", "alive"); out != "alive\n" {
			t.Errorf("the container says %q", out)
		}
		shim := s.shim(victim)
		shim.requireDeletes()
		s.requireFailures(`"kind":"failed-closed"`)
		if s.holds(agent.Pid(), victim) == 0 {
			t.Error("the agent's copy is gone")
		}
		shim.shutdown()
		s.h.UnbusyConfig(host.Patient)
		s.end(agent)
		s.requireFailures()
	})
}

// TestDetachAtCreate has agents that keep their binds as they are. Where that is
// configured, they do not get private copies of other containers' mounts.
func TestDetachAtCreate(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		victim := s.c.Run("victim", host.Under(ourHandler))
		for _, value := range []string{"off", "on"} {
			s.h.UnbusyConfig(host.Patient + "detach_at_create = \"" + value + "\"\n")
			agent := s.c.Run("agent-"+value, host.Under(ourHandler), host.Bind("/", "/host", "rbind", "rprivate"),
				host.Annotation("unbusy.io/propagation", "keep"))
			if n := s.holds(agent.Pid(), victim); (n > 0) != (value == "off") {
				t.Errorf("%s: the agent holds %d copies", value, n)
			}
			for _, k := range []*host.Container{victim, agent} {
				if out := k.Exec("echo", "alive"); out != "alive\n" {
					t.Errorf("%s: %s says %q", value, k.ID(), out)
				}
			}
			s.end(agent)
		}
		s.end(victim)
		s.requireFailures()
	})
}
