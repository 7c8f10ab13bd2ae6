// Package matrix tests what every version of containerd has in common, with its
// own shim and with another in the place of that: what stories told under all of
// them can take for granted.
package matrix

import (
	"os"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

func TestMain(m *testing.M) { os.Exit(host.Main(m, host.VersionTools(host.Versions()...)...)) }

// everyVersion tells a story under every version of containerd that is tested.
func everyVersion(t *testing.T, story func(t *testing.T, version string)) {
	t.Helper()
	for _, version := range host.Versions() {
		t.Run(version, func(t *testing.T) { story(t, version) })
	}
}
