package shim

import (
	"os/exec"
	"sync"

	"github.com/containerd/go-runc"
)

// monitor is the shim's reaper of children, and knows when the runtime has
// deleted a container. That is the only way to tell a deletion that unmounts, and
// fails to, from one whose output is still read or whose poststop hook runs.
type monitor struct {
	runc.ProcessMonitor

	mu      sync.Mutex
	waiting map[string]chan<- struct{} // by container
}

func watchDeletes(inner runc.ProcessMonitor) *monitor {
	return &monitor{ProcessMonitor: inner, waiting: make(map[string]chan<- struct{})}
}

// deleted returns a channel that is closed when the runtime has ended that is
// next called to delete the container. forget has to be called in the end.
func (m *monitor) deleted(id string) (ended <-chan struct{}, forget func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := make(chan struct{})
	m.waiting[id] = c
	return c, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.waiting, id)
	}
}

// Wait implements runc.ProcessMonitor.
func (m *monitor) Wait(cmd *exec.Cmd, exit chan runc.Exit) (int, error) {
	status, err := m.ProcessMonitor.Wait(cmd, exit)
	if id, ok := deletes(cmd.Args); ok {
		m.mu.Lock()
		defer m.mu.Unlock()
		if c := m.waiting[id]; c != nil {
			close(c)
			delete(m.waiting, id)
		}
	}
	return status, err
}

// deletes tells which container a command line of the runtime deletes (go-runc,
// Delete). To take the signal that a container called "delete" gets for another
// container does no harm: who waits makes sure.
func deletes(args []string) (id string, ok bool) {
	n := len(args)
	switch {
	case n >= 3 && args[n-2] == "delete":
	case n >= 4 && args[n-3] == "delete" && args[n-2] == "--force":
	default:
		return "", false
	}
	return args[n-1], true
}
