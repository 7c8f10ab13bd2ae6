package statefile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestNames(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b", "a", "c"} {
		write(t, filepath.Join(dir, name), "")
	}
	if got := Names(dir); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("%q", got)
	}
	if got := Names(filepath.Join(dir, "a")); len(got) != 0 {
		t.Errorf("of a file: %q", got)
	}
}

func TestJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for text, want := range map[string]bool{
		`{"id":"x"}`:                             true,
		`{"id":`:                                 false,
		``:                                       false,
		`"` + strings.Repeat("x", maxJSON) + `"`: false,
	} {
		write(t, path, text)
		var into any
		if got := JSON(path, &into); got != want {
			t.Errorf("%.20q: %v", text, got)
		}
	}
}

// TestWord has what a program that writes a file in two steps leaves for a moment,
// and what waits for somebody who never writes.
func TestWord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if got := Word(path); got != "" {
		t.Errorf("of no file: %q", got)
	}
	for text, want := range map[string]string{"": "", "42\n": "42", "/run/x \n\n": "/run/x"} {
		write(t, path, text)
		if got := Word(path); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	fifo := path + "fifo"
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := Word(fifo); got != "" {
		t.Errorf("of a FIFO: %q", got)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
