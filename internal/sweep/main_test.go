package sweep

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// inHost in the environment says that the test binary is in a mount namespace
// of its own, which the tests take for the host's.
const inHost = "UNBUSY_SWEEP_HOST"

func init() { runtime.LockOSThread() } // TestMain unshares and executes

func TestMain(m *testing.M) {
	if IsChild(os.Args) {
		os.Exit(Child())
	}
	if play := os.Getenv(part); play != "" {
		os.Exit(act(play))
	}
	if os.Geteuid() == 0 && os.Getenv(inHost) == "" {
		fmt.Fprintln(os.Stderr, becomeHost())
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// becomeHost executes the test binary once more, in a mount namespace that
// propagates mounts as that of a host does.
func becomeHost() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return os.NewSyscallError("unshare", err)
	}
	for _, how := range []uintptr{unix.MS_PRIVATE, unix.MS_SHARED} {
		if err := unix.Mount("", "/", "", unix.MS_REC|how, ""); err != nil {
			return os.NewSyscallError("mount", err)
		}
	}
	return syscall.Exec("/proc/self/exe", os.Args, append(os.Environ(), inHost+"=1", "GORACE=atexit_sleep_ms=0"))
}
