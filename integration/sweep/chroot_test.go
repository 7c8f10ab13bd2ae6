package sweep

import (
	"os"
	"testing"

	"github.com/unbusy/unbusy/integration/observe"
)

// TestOutsideChroot has an agent whose only process has its root directory in a
// place from which the copies in its namespace are not to be seen. /proc does
// not show them, either: then they stay until the mountpoint is removed.
func TestOutsideChroot(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		v := s.victim("victim")
		v.run(s.unbusy)
		agent := s.h.Start("unshare", "--mount", "--propagation", "private",
			"chroot", s.image(), "/bin/busybox", "sh", "-c", "echo it is there; read end")
		namespace := "/proc/" + itoa(agent.Pid()) + "/ns/mnt"
		originals := v.originals()
		if len(copies(t, agent.Pid(), originals...)) != 0 {
			t.Fatal("the agent sees the copies: there is nothing to show")
		}
		if n := s.inside(namespace, originals...); n != 2 {
			t.Fatalf("there are %d copies outside the agent's root: there is nothing to show", n)
		}

		before, after := v.end(s.unbusy)
		requireNothingLost(t, before, after)
		left := s.inside(namespace, originals...)
		if left != 0 && s.namespaces != "proc" {
			t.Errorf("%d copies are left", left)
		}
		if left == 0 && s.namespaces == "proc" {
			t.Error("/proc has shown them: say so in the package comment of internal/mountns")
		}
		v.requireUnmounts()
		for _, point := range []string{v.merged, v.shm} {
			if err := os.Remove(point); err != nil {
				t.Error(err)
			}
		}
		if n := s.inside(namespace, originals...); n != 0 {
			t.Errorf("the mountpoints are gone, and %d copies are left", n)
		}
	})
}

// inside counts what somebody sees of the originals who enters a namespace.
func (s *stage) inside(namespace string, originals ...observe.Mount) int {
	s.t.Helper()
	visitor := s.h.Start("nsenter", "--mount="+namespace, "sh", "-c", "echo it is there; read end")
	defer visitor.End()
	return len(copies(s.t, visitor.Pid(), originals...))
}
