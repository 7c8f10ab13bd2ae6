package capture

import (
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/integration/capture/record"
	"github.com/unbusy/unbusy/integration/host"
)

// notes are taken by recording runtimes in front of an engine's real one.
type notes struct {
	// host is the directory that everything of the engine's host is in.
	host string
	// runtime is what the engine has to call.
	runtime string
	// written is where the notes go of what the engine wrote, and ran of what
	// the real runtime got to read after unbusy-runtime: empty without one.
	written, ran string
}

// recorders makes recording runtimes for one host.
type recorders struct {
	h       *host.Host
	program string // recorder
	// wrapper is unbusy-runtime, empty for captures without it.
	wrapper string
}

// buildRecorder builds the recorder into a directory of a host.
func buildRecorder(t *testing.T, h *host.Host) string {
	t.Helper()
	program := filepath.Join(h.Dir("recorder"), "recorder")
	goCommand(t, h, "build", "-o", program, "./recorder")
	return program
}

// goCommand runs the go command with its own temporary files below the host's
// directory, which is removed even if the command is killed.
func goCommand(t *testing.T, h *host.Host, args ...string) {
	t.Helper()
	out, err := h.Exec(nil, "/usr/bin/env", append([]string{"GOTMPDIR=" + h.Dir("go"), "go"}, args...)...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// before puts recorders in front of an engine's runtime. With unbusy-runtime
// that is one on each side of it: the wrapper finds the second one where it
// looks for the runtime by its name.
func (r recorders) before(t *testing.T, runtime string) *notes {
	t.Helper()
	n := &notes{host: r.h.Dir(), written: r.h.Dir("notes", "written")}
	first := record.Runtime{Notes: n.written, Next: runtime}
	if r.wrapper != "" {
		n.ran = r.h.Dir("notes", "ran")
		second := r.h.Dir("recorders", "second")
		if _, err := (record.Runtime{Notes: n.ran, Next: runtime}).Install(r.program, second); err != nil {
			t.Fatal(err)
		}
		first.Next, first.Path = r.wrapper, second
	}
	path, err := first.Install(r.program, r.h.Dir("recorders", "first"))
	if err != nil {
		t.Fatal(err)
	}
	n.runtime = path
	return n
}

// read reads the note of a container.
func (n *notes) read(t *testing.T, dir, id string) record.Note {
	t.Helper()
	note, err := record.Read(filepath.Join(dir, id))
	if err != nil {
		t.Fatal(err)
	}
	return note
}
