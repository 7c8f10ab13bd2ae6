// Package podman tests unbusy-runtime under Debian's podman, as root calls it and
// as an ordinary user does.
package podman

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run is host.Main in a box in which Debian's crun starts containers.
func run(m *testing.M) int {
	err := host.Enter(host.Attend)
	if errors.Is(err, host.ErrNotRoot) {
		return m.Run()
	}
	if err == nil {
		err = host.WithoutUnified()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return host.Leave(m.Run())
}

// wrapper is the unbusy-runtime under test.
func wrapper(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(os.Getenv("UNBUSY_BIN"), "unbusy-runtime"))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatalf("UNBUSY_BIN must name the directory that make build fills: %v", err)
	}
	return path
}
