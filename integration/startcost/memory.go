package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

// memoryBeforeExec starts a program and returns how much of it, in KiB, was in
// memory at most when it calls execve. The measure of getrusage(2) would not
// do: it counts the starting process as well, whose memory a child shares until
// its first exec.
func memoryBeforeExec(path string, args, env []string) (int, error) {
	runtime.LockOSThread() // the tracer is a thread
	defer runtime.UnlockOSThread()

	command := &exec.Cmd{Path: path, Args: args, Env: env}
	command.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return 0, err
	}
	pid := command.Process.Pid
	defer func() {
		_ = command.Process.Kill() // it may have ended
		_ = command.Wait()
	}()
	// The first stop is behind the program's own execve.
	for started := false; ; started = true {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &status, syscall.WALL, nil); err != nil {
			return 0, err
		}
		if !status.Stopped() {
			return 0, fmt.Errorf("it ended without executing another program: %v", status)
		}
		signal := 0
		if s := status.StopSignal(); s != syscall.SIGTRAP {
			signal = int(s)
		} else if started && inExecve(pid) {
			return peakMemory(pid)
		}
		if err := syscall.PtraceSyscall(pid, signal); err != nil {
			return 0, err
		}
	}
}

// inExecve reports whether a stopped process is about to execute a program.
func inExecve(pid int) bool {
	call, err := os.ReadFile(fmt.Sprintf("/proc/%d/syscall", pid))
	return err == nil && strings.HasPrefix(string(call), fmt.Sprintf("%d 0x", syscall.SYS_EXECVE))
}

func peakMemory(pid int) (int, error) {
	status, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer status.Close()
	lines := bufio.NewScanner(status)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			var kib int
			_, err := fmt.Sscanf(rest, "%d kB", &kib)
			return kib, err
		}
	}
	return 0, lines.Err()
}
