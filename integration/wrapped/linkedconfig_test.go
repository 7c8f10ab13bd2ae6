package wrapped

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLinkedConfig has a config.json that is a symbolic link: what is rewritten
// is the file it leads to, and the link stays.
func TestLinkedConfig(t *testing.T) {
	b := newBundle(t, "echo", "started")
	target := filepath.Join(t.TempDir(), "spec.json")
	if err := os.WriteFile(target, b.text(t), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, b.config()); err != nil {
		t.Fatal(err)
	}
	got, log := b.wrapped(t, "")
	if want := (result{stdout: "started\n"}); got != want {
		t.Errorf("got %+v, want %+v, log:\n%s", got, want, log)
	}
	if to, err := os.Readlink(b.config()); err != nil || to != target {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	text, err := os.ReadFile(target)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `["rbind","rslave"]`) {
		t.Errorf("the specification is %s", text)
	}
}
