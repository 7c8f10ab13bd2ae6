package random

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/internal/linux"
)

// agent is a thread that does things to its mounts: threads are made in some
// microseconds, and have mount namespaces, root and working directories like
// processes.
type agent struct {
	tid   int
	tasks chan func()
	ended bool
	in    *namespace
	// apart says that the agent's root directory is not its namespace's.
	apart bool
	// processes are what it has started in its namespace, engine says that one of
	// them is called like an engine.
	processes []*process
	engine    bool
}

// newAgent starts a thread that is nowhere special.
func newAgent() *agent {
	a := &agent{tasks: make(chan func())}
	tid := make(chan int)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		tid <- unix.Gettid()
		for task := range a.tasks {
			task()
		}
	}()
	a.tid = <-tid
	return a
}

// do has something done by the agent.
func (a *agent) do(f func() error) error {
	done := make(chan error, 1)
	a.tasks <- func() { done <- f() }
	return <-done
}

// end ends the agent and what it has started, and waits until the kernel has let
// go of everything that only they had.
func (a *agent) end() error {
	if a.ended {
		return nil
	}
	a.ended = true
	for _, p := range a.processes {
		p.end()
	}
	fd, err := unix.PidfdOpen(a.tid, unix.O_EXCL) // PIDFD_THREAD
	if err != nil {
		return os.NewSyscallError("pidfd_open", err)
	}
	defer unix.Close(fd)
	close(a.tasks)
	for {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1)
		if err != unix.EINTR {
			return os.NewSyscallError("poll", err)
		}
	}
}

// link is the agent's mount namespace in /proc.
func (a *agent) link() string {
	return "/proc/self/task/" + strconv.Itoa(a.tid) + "/ns/mnt"
}

// enter moves the agent into a mount namespace.
func (a *agent) enter(link string) error {
	file, err := os.Open(link)
	if err != nil {
		return err
	}
	defer file.Close()
	return a.do(func() error { return linux.EnterMountNamespace(int(file.Fd())) })
}

// process is a program that waits for its end.
type process struct {
	cmd   *exec.Cmd
	input *os.File
}

// start starts a program that behaves like cat, from the calling thread: in its
// mount namespace, or in one that attr asks for.
func start(program string, attr *syscall.SysProcAttr) (*process, error) {
	in, input, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	output, out, err := os.Pipe()
	if err != nil {
		input.Close()
		return nil, err
	}
	defer output.Close()
	defer out.Close()
	attr.Pdeathsig = syscall.SIGKILL
	p := &process{input: input, cmd: &exec.Cmd{
		Path: program, Args: []string{program}, Dir: "/", Stdin: in, Stdout: out, Stderr: os.Stderr, SysProcAttr: attr,
	}}
	if err := p.cmd.Start(); err != nil {
		input.Close()
		return nil, err
	}
	out.Close()
	// It is what it is called once it answers.
	if _, err = input.Write([]byte("x")); err == nil {
		_, err = io.ReadFull(output, make([]byte, 1))
	}
	if err != nil {
		p.end()
		return nil, fmt.Errorf("%s does not answer: %w", program, err)
	}
	return p, nil
}

func (p *process) end() {
	p.input.Close()
	_ = p.cmd.Process.Kill() // it may have ended with its input
	_ = p.cmd.Wait()
}

// userNamespace are the attributes of a process that is root in namespaces of its
// own and nobody outside.
func userNamespace() *syscall.SysProcAttr {
	ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}}
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: ids, GidMappings: ids,
	}
}
