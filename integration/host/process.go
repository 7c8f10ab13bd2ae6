package host

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Process is a program that runs in the background.
type Process struct {
	d     *daemon
	stdin io.Closer
}

// Start starts a program in the host's cgroup and waits until it has written a
// line to its standard output. Its standard input has no end while it runs, so
// that a shell waits with "read". It is killed with the test, if that has not
// happened by then.
func (h *Host) Start(path string, args ...string) *Process {
	h.t.Helper()
	name := filepath.Base(path)
	cmd, err := h.confined(context.Background(), false, path, args...)
	if err != nil {
		h.t.Fatalf("start %s: %v", name, err)
	}
	p := &Process{d: &daemon{h: h, name: name, cmd: cmd, ended: make(chan struct{})}}
	var said strings.Builder
	cmd.Stderr = &said
	stdin, err := cmd.StdinPipe()
	if err != nil {
		h.t.Fatalf("start %s: %v", name, err)
	}
	p.stdin = stdin
	stdout, write, err := os.Pipe()
	if err != nil {
		h.t.Fatalf("start %s: %v", name, err)
	}
	defer stdout.Close()
	cmd.Stdout = write
	err = cmd.Start()
	write.Close()
	if err != nil {
		h.t.Fatalf("start %s: %v", name, err)
	}
	go func() {
		_ = cmd.Wait() // it is killed sooner or later
		close(p.d.ended)
	}()
	h.t.Cleanup(p.End)
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		p.End()
		h.t.Fatalf("start %s %s: %v: %s", name, strings.Join(args, " "), err, said.String())
	}
	return p
}

// Engine starts a process that has nothing of a container engine but its name,
// by which engines are told.
func (h *Host) Engine(name string) *Process {
	h.t.Helper()
	path := filepath.Join(h.Dir("engines"), name)
	shell, err := os.ReadFile("/bin/sh")
	if err == nil {
		err = os.WriteFile(path, shell, 0o755)
	}
	if err != nil {
		h.t.Fatalf("make an engine: %v", err)
	}
	return h.Start(path, "-c", "echo it is there; read end")
}

// Pid is the pid of the process.
func (p *Process) Pid() int { return p.d.cmd.Process.Pid }

// End kills the process, and waits until it has ended.
func (p *Process) End() {
	p.d.h.t.Helper()
	if err := p.d.signalAndWait(unix.SIGKILL, patience); err != nil {
		p.d.h.t.Errorf("kill %s: %v", p.d.name, err)
	}
	p.stdin.Close()
}
