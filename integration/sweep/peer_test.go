package sweep

import (
	"testing"

	"github.com/unbusy/unbusy/integration/observe"
)

// TestPeerCopies has agents from whose namespaces an unmount travels to the
// host, as from a storage driver's with rshared: the host's mounts stay until
// the engine unmounts them, and with them what the agents have.
func TestPeerCopies(t *testing.T) {
	for _, test := range []struct{ name, makePrivate string }{
		{"all of it is shared", ""},
		// How a copy propagates itself says nothing: an unmount travels by what it
		// is mounted on.
		{"private below a shared parent", "mount --make-private "},
	} {
		t.Run(test.name, func(t *testing.T) {
			everyWay(t, func(t *testing.T, s *stage) {
				v := s.victim("victim")
				v.run(s.unbusy)
				commands := ""
				if test.makePrivate != "" {
					commands = test.makePrivate + v.merged + "; " + test.makePrivate + v.shm
				}
				agent := s.agent("unchanged", commands)
				originals := v.originals()
				requireHeld(t, agent.Pid(), originals)

				before, after := v.end(s.unbusy)
				requireNothingLost(t, before, after)
				s.requireReported(v.merged, "peer", "would unmount the engine's own")
				s.requireReported(v.shm, "peer", "would unmount the engine's own")
				v.requireUnmounts()
				if left := copies(t, agent.Pid(), originals...); len(left) != 0 {
					t.Errorf("after the engine's unmount there is %v", left)
				}
			})
		})
	}
}

// TestPeerByTheWay has an agent whose mounts are slaves of the host's and peers
// of another agent's: an unmount there goes to that one only, so that both are
// let go.
func TestPeerByTheWay(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		v := s.victim("victim")
		v.run(s.unbusy)
		// The second one unshares in the first one's namespace.
		agent := s.agent("slave", "mount --make-rshared /")
		other := s.h.Start("nsenter", "--mount=/proc/"+itoa(agent.Pid())+"/ns/mnt",
			"unshare", "--mount", "--propagation", "unchanged", "sh", "-c", "echo it is there; read end")
		originals := v.originals()
		for _, pid := range []int{agent.Pid(), other.Pid()} {
			requireHeld(t, pid, originals)
		}
		before, after := v.end(s.unbusy)
		requireLost(t, before, after, originals, agent.Pid(), other.Pid())
		v.requireUnmounts()
	})
}

// requireNothingLost fails if any mount of the host is not what it was.
func requireNothingLost(t *testing.T, before, after tables) {
	t.Helper()
	requireLost(t, before, after, []observe.Mount{})
}
