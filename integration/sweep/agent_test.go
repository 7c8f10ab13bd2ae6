package sweep

import (
	"strconv"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// agent starts a process in a mount namespace of its own, whose mounts have the
// given propagation: "private", "slave", or "unchanged" for peers of the
// host's. There it first runs shell commands, and then waits.
func (s *stage) agent(propagation, commands string) *host.Process {
	s.t.Helper()
	return s.h.Start("unshare", "--mount", "--propagation", propagation,
		"sh", "-ec", commands+"\necho it is there; read end")
}

// requireHeld fails unless a process sees all of the originals.
func requireHeld(t *testing.T, pid int, originals []observe.Mount) {
	t.Helper()
	for _, o := range originals {
		if len(copies(t, pid, o)) == 0 {
			t.Fatalf("%s is not seen by process %d: there is nothing to show", o.Point, pid)
		}
	}
}

func itoa(pid int) string { return strconv.Itoa(pid) }
