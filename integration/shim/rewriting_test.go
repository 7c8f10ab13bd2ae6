package shim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestRewriting has agents that bind the host's root directory privately. What is
// mounted for a container that comes and goes under containerd's own shim stays
// with the one that runs under that, too; not with the one under ours.
func TestRewriting(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		s.bothShims(func(handler string) {
			victim := s.c.Run("victim-"+handler, host.Under(stockHandler))
			agent := s.c.Run("agent-"+handler, host.Under(handler), host.Bind("/", "/host", "rbind", "rprivate"))
			s.requireHolds(agent.Pid(), victim)
			if rewritten := strings.Contains(s.config(agent), `"rslave"`); rewritten != (handler == ourHandler) {
				t.Errorf("%s: the agent's bind receives unmounts: %v", handler, rewritten)
			}
			later := s.c.Run("later-"+handler, host.Under(stockHandler))
			if n := s.holds(agent.Pid(), later); (n > 0) != (handler == ourHandler) {
				t.Errorf("%s: the agent has %d copies of a later container's root file system", handler, n)
			}
			for _, k := range []*host.Container{victim, later} {
				shim := s.shim(k)
				shim.requireDeletes()
				if n := s.holds(agent.Pid(), k); n > 0 && (handler == ourHandler || k == later) {
					t.Errorf("%s: the agent holds %d copies of the root file system of %s", handler, n, k.ID())
				}
				shim.shutdown()
			}
			s.end(agent)
		})
		s.requireFailures()
	})
}

// TestOrdinaryContainer compares the specifications of a container without
// covering binds: ours changes not one byte.
func TestOrdinaryContainer(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		data := s.h.Dir("data")
		specs := map[string]string{}
		s.bothShims(func(handler string) {
			k := s.c.Run("ordinary", host.Under(handler), host.Bind(data, "/data", "rbind", "rw"))
			specs[handler] = s.config(k)
			s.end(k)
		})
		if specs[stockHandler] != specs[ourHandler] || !strings.Contains(specs[ourHandler], data) {
			t.Errorf("the specifications differ:\n%s\n%s", specs[stockHandler], specs[ourHandler])
		}
		s.requireFailures()
	})
}

// config is a container's specification.
func (s *stage) config(k *host.Container) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(k.Bundle(), "config.json"))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}
