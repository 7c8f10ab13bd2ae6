package shim

import (
	"os/exec"
	"slices"
	"sync"

	"github.com/containerd/go-runc"
)

// monitor is the shim's reaper of children, and knows what the runtime is called for.
// That is the only way to tell a deletion that unmounts, and fails to, from one whose
// output is still read or whose poststop hook runs; and when a container that is
// being created has its root file system mounted.
type monitor struct {
	runc.ProcessMonitor

	mu      sync.Mutex
	waiting map[call]chan<- struct{}
}

// call is what the runtime is called for, and for which container.
type call struct{ command, id string }

func watch(inner runc.ProcessMonitor) *monitor {
	return &monitor{ProcessMonitor: inner, waiting: make(map[call]chan<- struct{})}
}

// creating returns a channel that is closed when the runtime has been started that is
// next called to create the container. forget has to be called in the end.
func (m *monitor) creating(id string) (started <-chan struct{}, forget func()) {
	return m.await(call{"create", id})
}

// deleted returns a channel that is closed when the runtime has ended that is
// next called to delete the container. forget has to be called in the end.
func (m *monitor) deleted(id string) (ended <-chan struct{}, forget func()) {
	return m.await(call{"delete", id})
}

func (m *monitor) await(what call) (<-chan struct{}, func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := make(chan struct{})
	m.waiting[what] = c
	return c, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.waiting, what)
	}
}

func (m *monitor) tell(what call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.waiting[what]; c != nil {
		close(c)
		delete(m.waiting, what)
	}
}

// Start implements runc.ProcessMonitor.
func (m *monitor) Start(cmd *exec.Cmd) (chan runc.Exit, error) {
	return m.started(cmd, m.ProcessMonitor.Start)
}

// StartLocked implements runc.ProcessMonitor.
func (m *monitor) StartLocked(cmd *exec.Cmd) (chan runc.Exit, error) {
	return m.started(cmd, m.ProcessMonitor.StartLocked)
}

func (m *monitor) started(cmd *exec.Cmd, start func(*exec.Cmd) (chan runc.Exit, error)) (chan runc.Exit, error) {
	exit, err := start(cmd)
	if id, ok := creates(cmd.Args); ok && err == nil {
		m.tell(call{"create", id})
	}
	return exit, err
}

// Wait implements runc.ProcessMonitor.
func (m *monitor) Wait(cmd *exec.Cmd, exit chan runc.Exit) (int, error) {
	status, err := m.ProcessMonitor.Wait(cmd, exit)
	if id, ok := deletes(cmd.Args); ok {
		m.tell(call{"delete", id})
	}
	return status, err
}

// creates tells which container a command line of the runtime creates (go-runc,
// Create).
func creates(args []string) (id string, ok bool) {
	i := slices.Index(args, "--bundle")
	if i < 1 || args[i-1] != "create" || len(args) < i+3 {
		return "", false
	}
	return args[len(args)-1], true
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
