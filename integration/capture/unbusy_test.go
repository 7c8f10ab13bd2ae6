package capture

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/internal/events"
	"github.com/unbusy/unbusy/pkg/spec"
)

// full tells whether the whole matrix is to be tested.
func full() bool { return os.Getenv("MATRIX") == "full" }

// TestUnbusyInEachEngine has each engine run each container through
// unbusy-runtime, and compares what the engine wrote with what runc got to read.
func TestUnbusyInEachEngine(t *testing.T) {
	if !full() {
		t.Skip("MATRIX=full captures specifications anew and has unbusy-runtime run them")
	}
	wrapper := host.Program(t, "unbusy-runtime")
	whole := host.New(t)
	recorder, captured := buildRecorder(t, whole), whole.Dir("captured")
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			h := host.New(t)
			h.UnbusyConfig(host.Patient)
			for _, c := range engine.run(t, recorders{h, recorder, wrapper}) {
				t.Run(c.name, func(t *testing.T) {
					if c.ordinary() {
						staysAsItIs(t, c)
					} else {
						isChanged(t, c)
						holdsOnlySlaves(t, c)
						followsTheHost(t, h, c)
					}
				})
				keep(t, captured, c)
			}
			neverFailedOpen(t)
		})
	}
	// What is checked in may be of other versions.
	t.Run("rules", func(t *testing.T) {
		goCommand(t, whole, "test", "-count=1", "-run=^TestCaptured$", "github.com/unbusy/unbusy/pkg/spec", "-captured="+captured)
	})
}

// staysAsItIs compares two specifications byte for byte.
func staysAsItIs(t *testing.T, c container) {
	t.Helper()
	written := c.written(t)
	if read := c.ran(t); !bytes.Equal(written.Config, read.Config) {
		t.Errorf("runc read\n%s\nbut the engine wrote\n%s", read.Config, written.Config)
	}
	if spec.Changes(written.Decisions[spec.RuntimeRunc]) {
		t.Errorf("unbusy would have changed it: %+v", written.Decisions[spec.RuntimeRunc])
	}
}

// isChanged makes sure that runc got to read what the rules make of what the
// engine wrote, and that this is one bind.
func isChanged(t *testing.T, c container) {
	t.Helper()
	written, read := c.written(t), c.ran(t)
	decisions := written.Decisions[spec.RuntimeRunc]
	if len(decisions) != 1 || decisions[0].Destination != c.changed.destination {
		t.Fatalf("unbusy would have decided %+v", decisions)
	}
	want, err := written.Edited(spec.RuntimeRunc)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(want, written.Config) || !bytes.Equal(want, read.Config) {
		t.Errorf("runc read\n%s\nthe engine wrote\n%s\nthe rules make of that\n%s", read.Config, written.Config, want)
	}
}

// neverFailedOpen makes sure that specifications that stayed as they were did
// so by decision.
func neverFailedOpen(t *testing.T) {
	t.Helper()
	failures, err := os.ReadFile(events.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if len(failures) > 0 {
		t.Errorf("unbusy-runtime could not do its work:\n%s", failures)
	}
}
