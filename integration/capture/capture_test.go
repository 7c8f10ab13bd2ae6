package capture

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/toolbox"
)

// engines are those whose specifications are captured.
var engines = []struct {
	name string
	run  func(*testing.T, recorders) []container
}{
	{"docker", docker},
	{"podman", podman},
	{"ctr", ctr},
	{"cri", pods},
}

// TestCapture captures specifications without unbusy, and keeps them. It tests
// nothing.
func TestCapture(t *testing.T) {
	if *to == "" {
		t.Skip("hack/capture runs this to write pkg/spec/testdata/captured")
	}
	recorder := buildRecorder(t, host.New(t))
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			for _, c := range engine.run(t, recorders{h: host.New(t), program: recorder}) {
				keep(t, *to, c)
			}
		})
	}
}

// runc is the runtime of the pinned set, which is what the pinned containerd
// calls if it is told nothing else.
func runc(t *testing.T) string {
	t.Helper()
	dir, err := toolbox.Get(t.Context(), "runc-1.5")
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "runc")
}

// line is what a command printed, without the end of the line.
func line(out string) string { return strings.TrimSpace(out) }
