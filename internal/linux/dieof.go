package linux

import (
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// DieOf ends the process by a signal, as if it had no handler for it, and
// without a core dump: what was going to be looked into is another process. It
// returns only if the signal does not end a process.
func DieOf(signal syscall.Signal) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// Not RLIMIT_CORE, which a core_pattern that is a pipe does not heed
	// (do_coredump in fs/coredump.c).
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	// os/signal leads back to the handlers of Go's runtime, which writes to
	// standard error for some. A struct sigaction of zeros is SIG_DFL on every
	// architecture.
	var action [64]byte
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal),
		uintptr(unsafe.Pointer(&action)), 0, unsafe.Sizeof(uint64(0)), 0, 0)
	if errno != 0 && signal != unix.SIGKILL { // which has no handler
		return os.NewSyscallError("rt_sigaction", errno)
	}
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, new(unix.Sigset_t), nil); err != nil {
		return os.NewSyscallError("rt_sigprocmask", err)
	}
	return os.NewSyscallError("tgkill", unix.Tgkill(unix.Getpid(), unix.Gettid(), signal))
}
