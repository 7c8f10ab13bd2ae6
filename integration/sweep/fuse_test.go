package sweep

import (
	"testing"
)

// noAnswer mounts, by shell commands of an agent, a file system that answers
// nothing as long as the agent lives.
const noAnswer = `
exec 3<>/dev/fuse
mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 no-answer `

// TestFUSEInTheWay has an agent with a file system that never answers on the way
// to its copies. They stay; another agent's do not, and the runtime answers.
func TestFUSEInTheWay(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		v := s.victim("victim")
		v.run(s.unbusy)
		silent := s.agent("private", noAnswer+s.data)
		agent := s.agent("private", "")
		originals := v.originals()
		requireHeld(t, silent.Pid(), originals)

		before, after := v.end(s.unbusy)
		requireLost(t, before, after, originals, agent.Pid())
		s.requireReported(v.merged, "private", "may not answer")
		s.requireReported(v.shm, "private", "may not answer")
		v.requireUnmounts()
	})
}

// TestFUSEOnProc has an agent whose /proc never answers: what is looked up is
// looked up in the host's.
func TestFUSEOnProc(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		v := s.victim("victim")
		v.run(s.unbusy)
		agent := s.agent("private", noAnswer+"/proc")
		originals := v.originals()
		requireHeld(t, agent.Pid(), originals)

		before, after := v.end(s.unbusy)
		requireLost(t, before, after, originals, agent.Pid())
		v.requireUnmounts()
	})
}
