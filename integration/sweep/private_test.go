package sweep

import "testing"

// TestPrivateCopies has an agent with private copies of everything. Under the
// runtime alone they outlast the engine's unmount; a sweep takes them, and
// nothing of a second container of the same image.
func TestPrivateCopies(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		for _, runtime := range []string{s.runc, s.unbusy} {
			v := s.victim("victim")
			v.run(runtime)
			bystander := s.victim("bystander")
			bystander.run(runtime)
			agent := s.agent("private", "")
			originals := v.originals()
			requireHeld(t, agent.Pid(), originals)

			before, after := v.end(runtime)
			if runtime == s.runc {
				requireHeld(t, agent.Pid(), originals)
			} else {
				requireLost(t, before, after, originals, agent.Pid())
			}
			v.requireUnmounts()
			if got := bystander.exec("echo", "alive"); got != "alive" {
				t.Errorf("the bystander says %q", got)
			}
			bystander.end(runtime)
			bystander.requireUnmounts()
			agent.End()
		}
	})
}
