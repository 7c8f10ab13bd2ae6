// Package docker tests unbusy with Debian's dockerd.
package docker

import (
	"os"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

func TestMain(m *testing.M) { os.Exit(host.Main(m, "containerd-2.4", "runc-1.5")) }
