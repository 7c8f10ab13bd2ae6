// Package installcontainerd tests what unbusy install and uninstall make of
// containerd's configuration, with the containerd of every version as the judge.
package installcontainerd

import (
	"os"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

func TestMain(m *testing.M) { os.Exit(host.MainAlone(m, host.VersionTools(host.Versions()...)...)) }

// eachVersion tells a story under every version of containerd that is tested.
func eachVersion(t *testing.T, story func(t *testing.T, version string)) {
	t.Helper()
	for _, version := range host.Versions() {
		t.Run(version, func(t *testing.T) { story(t, version) })
	}
}
