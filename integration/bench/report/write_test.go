package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/bench/result"
)

// TestWrite looks at where what was measured gets to.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	for _, name := range written {
		p := result.Part{
			Name:     name,
			Tables:   []result.Table{{Title: "table of " + name, Columns: []string{"a", "b"}, Rows: [][]string{{name + "-1", "2"}}}},
			Bounds:   []result.Bound{{What: "bound of " + name, Limit: "≤ 1", Measured: "2"}},
			Versions: map[string]string{"engine of " + name: "1.0"},
		}
		if err := p.Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	text, err := write(dir, []string{"a machine"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range written {
		for _, want := range []string{
			"table of " + name + ":\n\n| a | b |\n| --- | --- |\n| " + name + "-1 | 2 |\n",
			"| bound of " + name + " | ≤ 1 | 2 | **missed** |\n",
			"- engine of " + name + " 1.0\n",
		} {
			if !strings.Contains(string(text), want) {
				t.Errorf("the page lacks %q", want)
			}
		}
	}
	if !strings.Contains(string(text), "- a machine\n") {
		t.Error("the page does not name the machine")
	}
	who, err := result.Read(dir, "who")
	if err != nil || who.Unbusy == "" || !strings.Contains(string(text), "- unbusy "+who.Unbusy+"\n") {
		t.Errorf("the page does not name the version of unbusy, %v, %v", who, err)
	}
	older := `{"name": "who", "unbusy": "older"}`
	if err := os.WriteFile(filepath.Join(dir, "who.json"), []byte(older), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err = write(dir, nil); err != nil || !strings.Contains(string(text), "- unbusy older: who\n") {
		t.Errorf("the page does not say what was measured before: %v", err)
	}
}

// TestNothingMeasured looks at a page of no results.
func TestNothingMeasured(t *testing.T) {
	text, err := write(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "Not measured"); n != len(written) {
		t.Errorf("%d parts are said not to be measured, want %d", n, len(written))
	}
}
