package sweep

import (
	"os"
	"path/filepath"
	"testing"
)

// TestPivotedRoot has an agent that lives in its copy of the container's root
// file system, as whoever debugs a container may: it goes on, and that is said.
// Its other copies are gone with what it has turned away from.
func TestPivotedRoot(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		v := s.victim("victim")
		v.run(s.unbusy)
		if err := os.Mkdir(filepath.Join(v.merged, "old"), 0o755); err != nil {
			t.Fatal(err)
		}
		agent := s.agent("private", "cd "+v.merged+"; pivot_root . old; cd /; /bin/busybox umount -l /old")
		originals := v.originals()
		requireHeld(t, agent.Pid(), originals[:1])

		before, after := v.end(s.unbusy)
		requireNothingLost(t, before, after)
		s.requireReported("/", "root", "root directory of a process")
		v.requireUnmounts()
	})
}

// TestHostBelowPivotedRoot has an agent with a root of its own and the host's
// below it, as every container is that binds the host's root.
func TestHostBelowPivotedRoot(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		v := s.victim("victim")
		v.run(s.unbusy)
		root := s.h.Dir("root")
		agent := s.agent("private", "mount -t tmpfs tmpfs "+root+"; cd "+root+"; mkdir host; pivot_root . host; cd /")
		originals := v.originals()
		requireHeld(t, agent.Pid(), originals)

		before, after := v.end(s.unbusy)
		requireLost(t, before, after, originals, agent.Pid())
		v.requireUnmounts()
	})
}

// TestRootDirectoryInCopy has an agent that lives in its copy of the container's
// root file system by chroot: that stays, and the other copies go.
func TestRootDirectoryInCopy(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		v := s.victim("victim")
		v.run(s.unbusy)
		originals := v.originals()
		agent := s.agent("private", "")
		requireHeld(t, agent.Pid(), originals)
		inside := s.h.Start("nsenter", "--mount=/proc/"+itoa(agent.Pid())+"/ns/mnt",
			"chroot", v.merged, "/bin/busybox", "sh", "-c", "echo it is there; read end")

		before, after := v.end(s.unbusy)
		requireLost(t, before, after, originals[1:], agent.Pid())
		s.requireReported(v.merged, "root", "root directory of a process")
		requireHeld(t, inside.Pid(), originals[:1])
		v.requireUnmounts()
	})
}
