package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// load is what is to be made, and what was.
type load struct {
	namespaces, mounts, copies, processes int
	victim                                string

	pids []int
}

// make makes the namespaces, as copies of the calling thread's, which gets one of
// its own for that.
func (l *load) make() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("unshare the mount namespace: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make / private: %w", err)
	}
	if err := l.thin(); err != nil {
		return err
	}
	if err := l.fill(); err != nil {
		return err
	}
	for i := range l.namespaces {
		if i == l.copies {
			if err := l.dropVictim(); err != nil {
				return err
			}
		}
		if err := l.namespace(); err != nil {
			return err
		}
	}
	return l.dropVictim() // ours is not one of the copies
}

// dropVictim unmounts the victim, where it is mounted, in the thread's namespace.
func (l *load) dropVictim() error {
	if l.victim == "" {
		return nil
	}
	err := unix.Unmount(l.victim, unix.MNT_DETACH)
	if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("unmount %s: %w", l.victim, err)
	}
	return nil
}

// namespace makes a copy of the thread's namespace, with its processes.
func (l *load) namespace() error {
	first, err := l.start(unix.CLONE_NEWNS)
	if err != nil {
		return fmt.Errorf("make a mount namespace: %w", err)
	}
	if l.processes < 2 {
		return nil
	}
	own, err := os.Open("/proc/thread-self/ns/mnt")
	if err != nil {
		return err
	}
	defer own.Close()
	made, err := os.Open("/proc/" + strconv.Itoa(first) + "/ns/mnt")
	if err != nil {
		return err
	}
	defer made.Close()
	if err := unix.Setns(int(made.Fd()), unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("enter a mount namespace: %w", err)
	}
	for range l.processes - 1 {
		if _, err := l.start(0); err != nil {
			return err
		}
	}
	return unix.Setns(int(own.Fd()), unix.CLONE_NEWNS)
}

// sleeper is a small program that waits.
const sleeper = "/bin/busybox"

// start starts a process that waits for its end.
func (l *load) start(flags uintptr) (int, error) {
	pid, err := syscall.ForkExec(sleeper, []string{"sleep", "1000000"}, &syscall.ProcAttr{
		Dir: "/", Sys: &syscall.SysProcAttr{Cloneflags: flags, Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		return 0, fmt.Errorf("start %s: %w", sleeper, err)
	}
	l.pids = append(l.pids, pid)
	return pid, nil
}

// end ends everything that was started, and waits for it.
func (l *load) end() {
	for _, pid := range l.pids {
		_ = unix.Kill(pid, unix.SIGKILL) // ours, and not waited for yet
	}
	for _, pid := range l.pids {
		for {
			if _, err := unix.Wait4(pid, nil, 0, nil); !errors.Is(err, unix.EINTR) {
				break
			}
		}
	}
	l.pids = nil
}
