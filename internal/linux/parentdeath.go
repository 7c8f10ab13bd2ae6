package linux

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

// KeepParentDeath has the program get the signal as well that this goroutine executes
// next; until then it stays on its thread. The kernel keeps the signal by thread
// (PR_SET_PDEATHSIG). To stay on the first one from the beginning would mean a change
// of threads for each goroutine that is waited for.
func KeepParentDeath() error {
	runtime.LockOSThread()
	if parentDeathSignal == 0 || unix.Gettid() == unix.Getpid() {
		return nil
	}
	return os.NewSyscallError("prctl", unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(parentDeathSignal), 0, 0, 0))
}
