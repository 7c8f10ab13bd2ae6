// Package shim tests containerd-shim-unbusy-v2 under real daemons of several
// versions.
package shim

import (
	"os"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

func TestMain(m *testing.M) { os.Exit(host.Main(m, host.VersionTools(host.StoryVersions()...)...)) }
