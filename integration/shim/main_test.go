// Package shim tests containerd-shim-unbusy-v2 under real daemons of several
// versions.
package shim

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

func TestMain(m *testing.M) { os.Exit(host.Main(m, host.VersionTools(host.StoryVersions()...)...)) }

// ours is the shim under test.
func ours(t *testing.T) string {
	t.Helper()
	path := filepath.Join(os.Getenv("UNBUSY_BIN"), "containerd-shim-unbusy-v2")
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("UNBUSY_BIN must name the directory that make build fills: %v", err)
	}
	return path
}
