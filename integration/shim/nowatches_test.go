package shim

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
)

// withoutWatches names a program in the environment. The test binary becomes it,
// in a state in which it gets no inotify instance.
const withoutWatches = "UNBUSY_TEST_WITHOUT_WATCHES"

// init is before the test binary looks at its arguments, which are the program's.
func init() {
	path := os.Getenv(withoutWatches)
	if path == "" {
		return
	}
	fmt.Fprintln(os.Stderr, becomeWithoutWatches(path))
	os.Exit(1)
}

// becomeWithoutWatches executes a program whose calls of inotify_init1 fail as on
// a machine where others have all instances. To use up the machine's would be felt
// by everybody: they are counted for the user, not for the mount namespace.
func becomeWithoutWatches(path string) error {
	runtime.LockOSThread()
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}, // the number of the call
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.SYS_INOTIFY_INIT1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EMFILE)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
	runtime.KeepAlive(filter)
	if err != nil {
		return fmt.Errorf("refuse watches: %w", err)
	}
	return &os.PathError{Op: "execute", Path: path, Err: unix.Exec(path, append([]string{path}, os.Args[1:]...), os.Environ())}
}

// TestNoWatches has a machine on which no watch can be put on a root file system:
// what has become of it is told by the mount tables.
func TestNoWatches(t *testing.T) {
	for _, version := range host.StoryVersions() {
		t.Run(version, func(t *testing.T) {
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			starter := filepath.Join(t.TempDir(), "containerd-shim-unbusy-v2")
			script(t, starter, "export "+withoutWatches+"='"+host.Program(t, "containerd-shim-unbusy-v2")+"'; exec '"+self+`' "$@"`)
			s := newStage(t, version, host.Runtime(ourHandler, "", host.Shim(starter)))
			victim := s.c.Run("victim", host.Under(ourHandler))
			status, err := os.ReadFile("/proc/" + itoa(s.c.ShimOf(victim.ID())) + "/status")
			if err != nil || !strings.Contains(string(status), "Seccomp:\t2") {
				t.Fatalf("the shim can have watches, there is nothing to show: %v", err)
			}
			holders := s.holders(victim)
			shim := s.shim(victim)
			shim.requireDeletes()
			holders.require("after", false)
			shim.shutdown()
			s.requireFailures()
		})
	}
}
