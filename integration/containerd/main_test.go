// Package containerd tests unbusy-runtime under a real containerd, with its own
// unchanged shim: every story is told once with runc and once with
// unbusy-runtime in front of it.
package containerd

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

func TestMain(m *testing.M) { os.Exit(host.Main(m, "containerd-2.4", "runc-1.5")) }

// wrapper is the unbusy-runtime under test.
func wrapper(t *testing.T) string {
	t.Helper()
	path := filepath.Join(os.Getenv("UNBUSY_BIN"), "unbusy-runtime")
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("UNBUSY_BIN must name the directory that make build fills: %v", err)
	}
	return path
}

// mounted returns what is mounted on a path of the host.
func mounted(t *testing.T, path string) observe.Mount {
	t.Helper()
	m, found, err := observe.At(path)
	if err != nil || !found {
		t.Fatalf("nothing is mounted on %s: %v", path, err)
	}
	return m
}

// held counts the mounts in a process's namespace that show what m shows,
// wherever they are. The kernel gives the device number of a file system that
// is gone to the next one: the caller mounts nothing meanwhile.
func held(t *testing.T, pid int, m observe.Mount) int {
	t.Helper()
	mounts, err := observe.Mounts(pid)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, c := range mounts {
		if c.Device == m.Device && c.Root == m.Root {
			n++
		}
	}
	return n
}
