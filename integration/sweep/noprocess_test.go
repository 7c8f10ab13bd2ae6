package sweep

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// TestBoundNamespace has a mount namespace in which no process lives: it is
// bound to a file, as by "unshare --mount=FILE".
func TestBoundNamespace(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		v := s.victim("victim")
		v.run(s.unbusy)
		// The kernel refuses to bind a namespace where that would travel into it.
		dir := s.h.Dir("namespaces")
		file := filepath.Join(dir, "agent")
		err := unix.Mount("tmpfs", dir, "tmpfs", 0, "")
		if err == nil {
			t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
			err = unix.Mount("", dir, "", unix.MS_PRIVATE, "")
		}
		if err == nil {
			err = os.WriteFile(file, nil, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		s.bindNamespace(file)
		s.endWithoutProcess(v, file)
	})
}

// bindNamespace binds to a file a mount namespace in which no process lives. The
// kernel refuses one with a lower number than ours, which might hold us in turn
// (mnt_ns_loop in fs/namespace.c), and since Linux 6.18 each processor has a
// stock of numbers of its own: one of them has higher ones.
func (s *stage) bindNamespace(file string) {
	s.t.Helper()
	var refused error
	for cpu := range runtime.NumCPU() {
		agent := s.h.Start("taskset", "--cpu-list", itoa(cpu), "unshare", "--mount", "--propagation", "private",
			"sh", "-c", "echo it is there; read end")
		refused = unix.Mount(fmt.Sprintf("/proc/%d/ns/mnt", agent.Pid()), file, "", unix.MS_BIND, "")
		agent.End()
		if refused == nil {
			s.t.Cleanup(func() { _ = unix.Unmount(file, unix.MNT_DETACH) })
			return
		}
	}
	s.t.Fatalf("bind a mount namespace to %s: %v", file, refused)
}

// TestOpenNamespace has a mount namespace in which no process lives: one has it
// open.
func TestOpenNamespace(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		v := s.victim("victim")
		v.run(s.unbusy)
		agent := s.agent("private", "")
		open, err := os.Open(fmt.Sprintf("/proc/%d/ns/mnt", agent.Pid()))
		if err != nil {
			t.Fatal(err)
		}
		defer open.Close()
		agent.End()
		s.endWithoutProcess(v, fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), open.Fd()))
	})
}

// endWithoutProcess fails unless the sweep takes everything of a container from
// a namespace.
func (s *stage) endWithoutProcess(v *victim, namespace string) {
	s.t.Helper()
	originals := v.originals()
	if n := s.inside(namespace, originals...); n != 2 {
		s.t.Fatalf("there are %d copies: there is nothing to show", n)
	}
	before, after := v.end(s.unbusy)
	requireNothingLost(s.t, before, after)
	if n := s.inside(namespace, originals...); n != 0 {
		s.t.Errorf("%d copies are left", n)
	}
	v.requireUnmounts()
}
