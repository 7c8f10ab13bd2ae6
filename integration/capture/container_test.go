package capture

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/capture/record"
	"github.com/unbusy/unbusy/pkg/spec"
)

// container is one that an engine started for a capture.
type container struct {
	name  string // of the capture: engine, version, what is special
	id    string // the engine's, by which it is noted
	notes *notes
	pid   int // of one that is changed
	// changed is the bind that unbusy changes, the zero value in an ordinary
	// container.
	changed bind
}

// bind is where a directory of the host is seen in a container.
type bind struct{ source, destination string }

// ordinary tells whether not one byte of the specification may change.
func (c container) ordinary() bool { return c.changed == bind{} }

// inside translates a directory of the host to where the container sees it.
func (b bind) inside(dir string) string {
	return filepath.Join(b.destination, strings.TrimPrefix(dir, strings.TrimSuffix(b.source, "/")))
}

// written is the note of what the engine wrote for the container.
func (c container) written(t *testing.T) record.Note {
	t.Helper()
	return c.notes.read(t, c.notes.written, c.id)
}

// ran is the note of what the runtime got to read after unbusy-runtime.
func (c container) ran(t *testing.T) record.Note {
	t.Helper()
	return c.notes.read(t, c.notes.ran, c.id)
}

// knows makes sure that the areas an engine uses were known when the container
// was created. A bind covers nothing if nothing is known, and every capture
// would be an ordinary one.
func knows(t *testing.T, c container, areas ...spec.Area) {
	t.Helper()
	known := map[spec.Area]bool{}
	for _, area := range c.written(t).Host.Areas {
		known[area] = true
	}
	for _, area := range areas {
		if !known[area] {
			t.Errorf("%s: the mount area %s of %s was not found", c.name, area.Owner, area.Root)
		}
	}
}
