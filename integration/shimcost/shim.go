package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// shim is the process that serves a container.
type shim struct{ pid, fd int }

// shimOf is the shim of the container whose first process is given: its parent.
// That it runs the program that it should is made sure of.
func shimOf(process uint32, program string) (*shim, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
	if err != nil {
		return nil, err
	}
	s := &shim{}
	for line := range strings.Lines(string(status)) {
		if parent, ok := strings.CutPrefix(line, "PPid:"); ok {
			if s.pid, err = strconv.Atoi(strings.TrimSpace(parent)); err != nil {
				return nil, err
			}
		}
	}
	if s.fd, err = unix.PidfdOpen(s.pid, 0); err != nil {
		return nil, fmt.Errorf("open shim %d: %w", s.pid, err)
	}
	if err := s.mustRun(program); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *shim) mustRun(program string) error {
	want, err := filepath.EvalSymlinks(program)
	if err != nil {
		return err
	}
	runs, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", s.pid))
	if err != nil {
		return err
	}
	if runs != want {
		return fmt.Errorf("the shim is %s instead of %s", runs, want)
	}
	return nil
}

// wait waits until the shim has ended.
func (s *shim) wait(ctx context.Context) error {
	deadline, _ := ctx.Deadline()
	for {
		left := max(0, time.Until(deadline).Milliseconds())
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}}, int(left))
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return err
		case n == 0:
			return fmt.Errorf("shim %d does not end", s.pid)
		default:
			return nil
		}
	}
}

func (s *shim) close() { unix.Close(s.fd) }
