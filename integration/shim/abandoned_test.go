package shim

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
)

// TestAbandonedSweep has no process that looks for copies ever answer, with the budget
// that is the default. Of the deletions of a stop, of which containerd calls two, one
// looks.
func TestAbandonedSweep(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		s.h.UnbusyConfig("namespaces = \"proc\"\n")
		// It may have answered before it is stopped.
		for i := range 10 {
			victim := s.c.Run("victim-"+strconv.Itoa(i), host.Under(ourHandler))
			agent := s.agent("private", "mount --bind "+victim.Rootfs()+" "+s.h.Dir("place"))
			stopped, over := make(chan int, 1), make(chan struct{})
			go func() { stopped <- s.stopSweeps(over) }()
			victim.Stop()
			host.Await(t, "both deletions", func() bool { return !exists(t, victim.Bundle()) })
			close(over)
			n := <-stopped
			agent.End()
			if n == 0 {
				continue
			}
			if n != 1 {
				t.Errorf("%d processes looked", n)
			}
			s.requireFailures(`"kind":"failed-closed"`)
			return
		}
		t.Fatal("the process that looks was never seen")
	})
}

// stopSweeps stops the processes of this host that look for copies, until it is over,
// and returns how many there were.
func (s *stage) stopSweeps(over <-chan struct{}) int {
	stopped := make(map[int]bool)
	for {
		pids, _ := s.h.Processes() // what ends meanwhile is none of them
		for _, pid := range pids {
			text, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
			if !stopped[pid] && bytes.HasPrefix(text, []byte("unbusy: sweep\x00")) && unix.Kill(pid, unix.SIGSTOP) == nil {
				stopped[pid] = true
			}
		}
		select {
		case <-over:
			return len(stopped)
		default:
		}
	}
}
