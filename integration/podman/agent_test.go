package podman

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/observe"
)

// TestAgent has podman run an agent that asks for a private copy of everything,
// while the victim is there. containers/storage makes the mounts of root file
// systems private, so that the rewriting alone does not let them go.
func TestAgent(t *testing.T) {
	for _, w := range []way{
		{runtime: "runc", front: path},
		rootless,
	} {
		t.Run(w.String(), func(t *testing.T) {
			compare(t, w, func(s *stage) []answer {
				s.Run("c")
				s.Run("agent", "--volume", "/:/host:rprivate")
				c, agent := s.victim("c"), s.pid("agent")
				var copies []string
				for _, point := range c.mounts {
					copies = append(copies, filepath.Join("/host", point))
				}
				if len(s.mounted(agent, copies)) != len(copies) {
					t.Fatal("the agent has no copies: there is nothing to show")
				}
				if slave := s.receives(agent, "/host"); slave == (s.way.front == alone) {
					t.Errorf("the agent's copy of / receives: %v", slave)
				}
				answers := []answer{s.ask("stop", "--time", "0", "c")}
				if held := s.mounted(agent, copies); (len(held) == 0) == (s.way.front == alone) {
					t.Errorf("the agent holds %q", held)
				}
				return append(answers, s.ask("start", "c"), s.ask("exec", "agent", "ls", "/host"), s.ask("rm", "--force", "--time", "0", "c"))
			})
		})
	}
}

// pid is that of a container's first process.
func (s *stage) pid(name string) int {
	s.t.Helper()
	pid, err := strconv.Atoi(s.inspect(name, "{{.State.Pid}}"))
	if err != nil {
		s.t.Fatal(err)
	}
	return pid
}

// receives reports whether what a process has mounted on a path follows another
// mount.
func (s *stage) receives(pid int, path string) bool {
	s.t.Helper()
	mounts, err := observe.Mounts(pid)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range mounts {
		if m.Point == path {
			return strings.Contains(m.Propagation, "master:")
		}
	}
	s.t.Fatalf("nothing is mounted on %s", path)
	return false
}
