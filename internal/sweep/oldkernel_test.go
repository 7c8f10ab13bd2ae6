package sweep

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// missing are the calls that Linux 3.10 has not, of those that say which mount
// something is on or lead to it.
var missing = []uint32{unix.SYS_STATX, unix.SYS_OPENAT2, unix.SYS_STATMOUNT, unix.SYS_LISTMOUNT}

// forget makes the kernel answer to the thread, and to what it starts, as one does
// that has never heard of the missing calls.
func forget() error {
	program := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}} // the call's number
	for _, call := range missing {
		program = append(program,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: call, Jf: 1},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)})
	}
	program = append(program, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&fprog)))
	if errno != 0 {
		return os.NewSyscallError("seccomp", errno)
	}
	return nil
}

// onOldKernel is a [Launch] of a process for which the kernel is an old one.
func onOldKernel(cmd *exec.Cmd) (wait func() error, err error) {
	started, ended := make(chan error), make(chan error, 1)
	go func() {
		// Never unlocked: nothing else is to run on this thread, which has to last as
		// long as the child.
		runtime.LockOSThread()
		err := forget()
		if err == nil {
			err = cmd.Start()
		}
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	return func() error { return <-ended }, <-started
}

// TestOldKernel has a copy in a namespace that shows nothing of processes.
func TestOldKernel(t *testing.T) {
	d := newDocker(t)
	owned := d.own(d.run(id, layer))
	for i := range owned {
		owned[i].UniqueID = 0
	}
	agent := d.agent("private")
	in(t, agent, func() error { return unix.Mount("hidden", "/proc", "tmpfs", 0, "size=4k") })
	report := d.sweep(Request{Owned: owned, Detach: true, Launch: onOldKernel})
	d.holds(agent, 0)
	d.holds(d.engine, 2)
	if left := report.Lingering(); len(left) != 0 || len(report.Incomplete) != 0 {
		t.Errorf("left %+v, incomplete %q", left, report.Incomplete)
	}
}
