package wrapper

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/internal/config"
)

// TestKnownOutlivesState has the runtime remove its state before it is read, as it
// does when it is faster.
func TestKnownOutlivesState(t *testing.T) {
	text, err := os.ReadFile("testdata/runc-1.1.5.json")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	state := filepath.Join(root, "victim")
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(state, "state.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	invocation := Invocation{Command: "delete", Root: root, ID: "victim"}
	found, err := find(invocation, "/nowhere/runc", config.Default())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(state); err != nil {
		t.Fatal(err)
	}
	c, err := found.read()
	if err != nil || c.Bundle != "/srv/bundles/victim" || c.file != filepath.Join(state, "state.json") {
		t.Errorf("got %+v, %v", c, err)
	}
	if _, err := find(invocation, "/nowhere/runc", config.Default()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is none any more: %v", err)
	}
}
