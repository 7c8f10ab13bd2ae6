package wrapper

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// parentDeathSignal is the signal that this process is to get when its parent ends.
// Functions called init run on the first thread, whose attribute it is.
var parentDeathSignal int32

func init() {
	if err := unix.Prctl(unix.PR_GET_PDEATHSIG, uintptr(unsafe.Pointer(&parentDeathSignal)), 0, 0, 0); err != nil {
		parentDeathSignal = 0 // as far as anyone can tell
	}
}

// keepParentDeath has the program get the signal as well that this goroutine executes
// next. The kernel keeps it by thread (PR_SET_PDEATHSIG), and containerd's shim sets it
// on the runtimes that it starts: without it, they would outlive their caller. To stay
// on the first thread from the beginning costs more than all the rest of the
// wrapper, since each goroutine that main waits for means a change of threads.
func keepParentDeath() error {
	runtime.LockOSThread()
	if parentDeathSignal == 0 || unix.Gettid() == unix.Getpid() {
		return nil
	}
	return os.NewSyscallError("prctl", unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(parentDeathSignal), 0, 0, 0))
}
