package sweep

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// TestRestartOnTheSameMount deletes a container and creates it again without
// unmounting anything in between, as podman restart does: the new one has all
// that the old one had, and can be held and ended anew.
func TestRestartOnTheSameMount(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		v := s.victim("victim")
		v.run(s.unbusy)
		for range 3 {
			v.exec("touch", "/tmp/written")
			agent := s.agent("private", "")
			originals := v.originals()
			requireHeld(t, agent.Pid(), originals)
			before, after := v.end(s.unbusy)
			requireLost(t, before, after, originals, agent.Pid())
			agent.End()

			v.run(s.unbusy)
			if got := v.exec("ls", "/tmp"); got != "written" {
				t.Errorf("in the restarted container there is %q", got)
			}
		}
		v.end(s.unbusy)
		v.requireUnmounts()
	})
}

// TestRestartDuringSweep has the same root file system mounted anew, and a new
// container started on it, while the old one is swept for. Agents get the new
// mount in the old one's place, and probably of the same device number.
func TestRestartDuringSweep(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		for round := range 3 {
			v := s.victim("victim")
			v.run(s.unbusy)
			var agents, slaves []*host.Process
			for range 8 {
				agents = append(agents, s.agent("private", ""))
				slaves = append(slaves, s.agent("slave", ""))
			}
			v.kill()
			deleted := make(chan result, 1)
			go func() {
				r, err := s.try(s.unbusy, v.logged("delete", v.id)...)
				if err != nil {
					t.Error(err)
				}
				deleted <- r
			}()
			// The moments differ: the runtime is done, the first agent has lost its
			// copies, the last one has.
			begun := func() bool { return !exists(filepath.Join(s.h.Dir("state"), v.id)) }
			if round > 0 {
				first := agents[(len(agents)-1)*(round-1)].Pid()
				begun = func() bool { return len(at(t, first, v.merged)) == 0 }
			}
			awaitAtOnce(t, begun)
			// While the sweep looks at a copy that gets unmounts, a plain one can find
			// that in use.
			if err := unix.Unmount(v.merged, unix.MNT_DETACH); err != nil {
				t.Fatal(err)
			}
			v.mountRootfs()
			if r := <-deleted; r != (result{}) {
				t.Errorf("delete: %+v", r)
			}

			v.run(s.unbusy)
			now := v.originals()
			for _, slave := range slaves {
				if n := len(copies(t, slave.Pid(), now[0])); n != 1 {
					t.Errorf("round %d: a slave has %d copies of what was mounted anew", round, n)
				}
			}
			if got := v.exec("echo", "alive"); got != "alive" {
				t.Errorf("the new container says %q", got)
			}
			v.end(s.unbusy)
			v.requireUnmounts()
			for _, p := range append(agents, slaves...) {
				if left := copies(t, p.Pid(), []observe.Mount{now[0]}...); len(left) != 0 {
					t.Errorf("round %d: left: %v", round, left)
				}
				p.End()
			}
		}
	})
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// awaitAtOnce waits for something that is over within a millisecond.
func awaitAtOnce(t *testing.T, met func() bool) {
	t.Helper()
	for range 1_000_000 {
		if met() {
			return
		}
	}
	t.Fatal("waited in vain")
}
