// Package matrix tests what every version of containerd has in common, with its
// own shim and with another in the place of that: what stories told under all of
// them can take for granted.
package matrix

import (
	"os"
	"testing"
	"time"

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

// await waits for a condition that can only be looked at.
func await(t *testing.T, what string, met func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for !met() {
		select {
		case <-deadline:
			t.Fatalf("waited a minute for %s", what)
		case <-again.C:
		}
	}
}
