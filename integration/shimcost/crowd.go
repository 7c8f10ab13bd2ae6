package main

import (
	"fmt"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
)

// crowdMounts is how many mounts each namespace of a crowd has in addition to
// those of the box: together about as many as a container has that sees some of
// the host.
const crowdMounts = 20

// crowd makes mount namespaces, each with a process in it, as many containers
// have. They share nothing with anybody's. end ends them.
func crowd(t host.T, h *host.Host, namespaces int) (end func()) {
	t.Helper()
	undo := mountMany(t, h)
	defer undo() // their copies stay

	var processes []*exec.Cmd
	end = func() {
		for _, p := range processes {
			_ = p.Process.Kill()
		}
		for _, p := range processes {
			_ = p.Wait() // it was killed
		}
	}
	// They die with the thread that started them: this one goes on.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for range namespaces {
		p := exec.Command("busybox", "sleep", "1000000")
		// The Go runtime makes all mounts private in a namespace that it
		// unshares.
		p.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
		if err := p.Start(); err != nil {
			end()
			t.Fatalf("make a mount namespace: %v", err)
		}
		processes = append(processes, p)
	}
	return end
}

// mountMany mounts file systems in the box. undo unmounts them again.
func mountMany(t host.T, h *host.Host) (undo func()) {
	t.Helper()
	var mounted []string
	undo = func() {
		for _, dir := range mounted {
			if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
				t.Errorf("unmount %s: %v", dir, err)
			}
		}
	}
	for i := range crowdMounts {
		dir := h.Dir("crowd", strconv.Itoa(i))
		if err := unix.Mount("crowd", dir, "tmpfs", 0, "size=4k"); err != nil {
			undo()
			t.Fatalf("%v", fmt.Errorf("mount on %s: %w", dir, err))
		}
		mounted = append(mounted, dir)
	}
	return undo
}
