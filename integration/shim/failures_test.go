package shim

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
)

// TestBrokenBundle spoils what our shim reads from the bundle of a container
// that runs. The container is deleted as ever; nothing that cannot be identified
// is detached, and that is recorded.
func TestBrokenBundle(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		other := s.c.Run("other", host.Under(ourHandler))
		for _, test := range []struct {
			name  string
			spoil func(record, config string) error
		}{
			{"record", func(record, _ string) error { return os.WriteFile(record, []byte("{"), 0o600) }},
			{"record of another", func(record, _ string) error {
				text, err := os.ReadFile(filepath.Join(other.Bundle(), "unbusy.json"))
				if err != nil {
					return err
				}
				return os.WriteFile(record, text, 0o600)
			}},
			{"record is a queue", func(record, _ string) error { return replace(record, unix.S_IFIFO) }},
			{"no record, configuration is a queue", func(record, config string) error {
				if err := os.Remove(record); err != nil {
					return err
				}
				return replace(config, unix.S_IFIFO)
			}},
			{"no record, huge configuration", func(record, config string) error {
				if err := os.Remove(record); err != nil {
					return err
				}
				return os.Truncate(config, 1<<40)
			}},
		} {
			victim := s.c.Run("victim", host.Under(ourHandler))
			agent := s.agent("private", "")
			s.requireHolds(agent.Pid(), victim)
			shim := s.shim(victim)
			shim.kill() // containerd's own code reads the configuration at that
			if err := test.spoil(filepath.Join(victim.Bundle(), "unbusy.json"), filepath.Join(victim.Bundle(), "config.json")); err != nil {
				t.Fatal(err)
			}
			if _, err := shim.delete(); err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			s.requireFailures(`"kind":"failed-closed"`)
			if s.holds(agent.Pid(), victim) == 0 {
				t.Errorf("%s: the agent's copy is gone", test.name)
			}
			agent.End()
			shim.shutdown()
			// The deletion that follows says it again, if there is a record.
			s.known = len(failures(t))
		}
		if out := other.Exec("echo", "alive"); out != "alive\n" {
			t.Errorf("another container says %q", out)
		}
		s.end(other)
		s.requireFailures()
	})
}

// replace puts a special file in the place of a file.
func replace(path string, kind uint32) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return unix.Mknod(path, kind|0o600, 0)
}
