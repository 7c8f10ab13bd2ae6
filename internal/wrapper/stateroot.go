package wrapper

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/pkg/spec"
)

// stateRoot returns the directory in which a runtime keeps what it knows of its
// containers. configured is the value of its --root.
func stateRoot(kind spec.Runtime, configured string) (string, error) {
	if configured == "" {
		configured = defaultStateRoot(kind)
	}
	return filepath.Abs(configured)
}

// defaultStateRoot is where a runtime keeps its state if it is told nothing.
// crun goes by $XDG_RUNTIME_DIR for every user (src/libcrun/status.c,
// get_run_directory), runc for all but root (main.go,
// shouldHonorXDGRuntimeDir).
func defaultStateRoot(kind spec.Runtime) string {
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if kind == spec.RuntimeRunc && isRoot() {
		dir = ""
	}
	if dir == "" {
		dir = "/run"
	}
	return filepath.Join(dir, string(kind))
}

// isRoot reports whether runc takes its user for the host's root. In a user
// namespace $USER decides.
func isRoot() bool {
	if os.Geteuid() != 0 {
		return false
	}
	ids, err := os.ReadFile("/proc/self/uid_map")
	if err != nil || slices.Equal(strings.Fields(string(ids)), []string{"0", "0", "4294967295"}) {
		return true // a kernel without user namespaces has no such file
	}
	return os.Getenv("USER") == "root"
}
