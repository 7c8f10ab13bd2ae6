package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	if os.Getenv("UNBUSY_LOAD") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestLoad makes namespaces and looks at them and at what is left of them,
// whatever ends the load.
func TestLoad(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("mount namespaces need root")
	}
	runtime.LockOSThread() // and is not unlocked: the thread ends with the test
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	victim := t.TempDir()
	if err := unix.Mount("victim", victim, "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(victim, unix.MNT_DETACH) //nolint:errcheck // it goes with the namespace
	for name, stop := range map[string]func(*exec.Cmd, func() error) error{
		"its input ends": func(_ *exec.Cmd, closeInput func() error) error { return closeInput() },
		"killed":         func(c *exec.Cmd, _ func() error) error { return c.Process.Kill() },
		"terminated":     func(c *exec.Cmd, _ func() error) error { return c.Process.Signal(syscall.SIGTERM) },
	} {
		load := exec.Command("/proc/self/exe", "-namespaces", "5", "-mounts", "40", "-copies", "2", "-processes", "3", "-victim", victim)
		load.Env = append(os.Environ(), "UNBUSY_LOAD=1")
		input, err := load.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		output, err := load.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := load.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(output).ReadString('\n'); line != "ready\n" {
			t.Fatalf("it said %q, %v", line, err)
		}
		pids := children(t, load.Process.Pid)
		namespaces, copies := map[string]bool{}, 0
		for _, pid := range pids {
			link, err := os.Readlink(filepath.Join("/proc", pid, "ns/mnt"))
			if err != nil {
				t.Fatal(err)
			}
			if namespaces[link] {
				continue
			}
			namespaces[link] = true
			table, err := os.ReadFile(filepath.Join("/proc", pid, "mountinfo"))
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(table), "\n"); n < 39 || n > 40 {
				t.Errorf("a namespace of %d mounts", n)
			}
			copies += strings.Count(string(table), " "+victim+" ")
		}
		if len(pids) != 15 || len(namespaces) != 5 || copies != 2 {
			t.Errorf("%d processes, %d namespaces and %d copies", len(pids), len(namespaces), copies)
		}
		fds := make([]int, 0, len(pids))
		for _, pid := range pids {
			n, err := strconv.Atoi(pid)
			if err != nil {
				t.Fatal(err)
			}
			fd, err := unix.PidfdOpen(n, 0)
			if err != nil {
				t.Fatal(err)
			}
			fds = append(fds, fd)
		}
		if err := stop(load, input.Close); err != nil {
			t.Fatal(err)
		}
		_ = load.Wait() // killed, it says so
		for i, fd := range fds {
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10_000)
			unix.Close(fd)
			if n != 1 || err != nil {
				t.Errorf("%s: process %s is left", name, pids[i])
			}
		}
	}
}

// children are the pids of a process's children.
func children(t *testing.T, pid int) []string {
	t.Helper()
	lists, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task/*/children"))
	if err != nil {
		t.Fatal(err)
	}
	var pids []string
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, strings.Fields(string(text))...)
	}
	return pids
}
