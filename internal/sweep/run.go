package sweep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// ErrAbandoned says that the process that looked did not answer in time. It was
// killed, and may still be there: waiting in the kernel, beyond any signal, for a
// file system that does not answer. Whatever it had begun may be done.
var ErrAbandoned = errors.New("looking and detaching took too long and was given up")

// spare is the part of the time that the child is not told about: what it takes
// to say what it has done by then.
const spare = 10

// Run carries out a request in a process of its own, and leaves that behind if
// it has not answered when ctx ends; ctx has to have a deadline. The program that
// calls Run has to call [Child] when [IsChild] is true.
//
// Run has to be called on a thread that does not end before it returns: the
// child dies with the thread that started it.
func Run(ctx context.Context, r Request) (Report, error) {
	p, err := startProcess(childName, r.Launch)
	if err != nil {
		return Report{}, err
	}
	return p.Run(ctx, r)
}

// Process is the process of its own that [Run] has. It carries out one request.
type Process struct {
	cmd             *exec.Cmd
	wait            func() error
	request, answer *os.File
}

// Start starts one for a request that will not be to detach anything, which it
// prepares for until there is one. What Run asks of its caller holds here.
func Start() (*Process, error) { return startProcess(askedName, nil) }

func startProcess(name string, launch Launch) (*Process, error) {
	in, request, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	answer, out, err := os.Pipe()
	if err != nil {
		in.Close()
		request.Close()
		return nil, err
	}
	cmd := &exec.Cmd{
		Path: "/proc/self/exe", Args: []string{name}, Dir: "/",
		ExtraFiles:  []*os.File{in, out},
		SysProcAttr: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
	}
	wait, err := launch.start(cmd)
	in.Close()
	out.Close()
	if err != nil {
		request.Close()
		answer.Close()
		return nil, fmt.Errorf("start the process that looks: %w", err)
	}
	return &Process{cmd, wait, request, answer}, nil
}

// Abandon lets a process go that is not needed.
func (p *Process) Abandon() {
	p.request.Close()
	p.answer.Close()
	// Nobody waits for it here: see ErrAbandoned. The process that inherits it, or
	// the end of this one, does.
	_ = p.cmd.Process.Kill() // it can have ended just now
	go func() { _ = p.wait() }()
}

// Run is [Run] in a process that was started.
func (p *Process) Run(ctx context.Context, r Request) (Report, error) {
	until, ok := ctx.Deadline()
	if !ok {
		p.Abandon()
		return Report{}, errors.New("a sweep needs a deadline")
	}
	total := time.Until(until)
	told := until.Add(-total / spare)
	text, err := json.Marshal(order{Request: r, Until: told})
	if err == nil {
		err = p.answer.SetReadDeadline(until)
	}
	if err != nil {
		p.Abandon()
		return Report{}, err
	}
	go func() {
		// Of a child that does not read, the answer is waited for in vain.
		_, _ = p.request.Write(text)
		p.request.Close()
	}()
	var report Report
	err = json.NewDecoder(p.answer).Decode(&report)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.Abandon()
		return Report{}, ErrAbandoned
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF): // it has ended
		p.answer.Close()
		return Report{}, fmt.Errorf("the process that looks gave no answer (%w): %w", errors.Join(p.wait()), err)
	case err != nil:
		p.Abandon()
		return Report{}, fmt.Errorf("the process that looks gave no answer: %w", err)
	}
	p.answer.Close()
	// What it has said it has done. To end takes it a millisecond.
	go func() { _ = p.wait() }()
	return report, nil
}
