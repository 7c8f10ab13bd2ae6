package sweep

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSlaveCopyInUse has an agent with slave copies and its working directory in
// one. An unmount travels there, and because of that it fails here under the
// runtime alone: what is in use in one place cannot be unmounted plainly. After
// a sweep it can.
func TestSlaveCopyInUse(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		for _, runtime := range []string{s.runc, s.unbusy} {
			v := s.victim("victim")
			v.run(runtime)
			agent := s.agent("slave", "cd "+v.merged)
			originals := v.originals()
			requireHeld(t, agent.Pid(), originals)

			before, after := v.end(runtime)
			if runtime == s.unbusy {
				requireLost(t, before, after, originals, agent.Pid())
				v.requireUnmounts()
				agent.End()
				continue
			}
			if err := v.unmount(); !errors.Is(err, unix.EBUSY) {
				t.Errorf("unmounting under the runtime alone: %v, there is nothing to show", err)
			}
			agent.End()
			if err := unix.Unmount(v.merged, 0); err != nil {
				t.Error(err)
			}
		}
	})
}
