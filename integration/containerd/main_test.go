// Package containerd tests unbusy-runtime under a real containerd, with its own
// unchanged shim: every story is told once with runc and once with
// unbusy-runtime in front of it.
package containerd

import (
	"os"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

func TestMain(m *testing.M) { os.Exit(host.Main(m, "containerd-2.4", "runc-1.5")) }
