package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// Part is what one benchmark measured.
type Part struct {
	Name   string  `json:"name"`
	Tables []Table `json:"tables"`
	Curves []Curve `json:"curves,omitempty"`
	Bounds []Bound `json:"bounds,omitempty"`
	// Versions are those of what was measured.
	Versions map[string]string `json:"versions,omitempty"`
	// Unbusy is that of unbusy itself, as git describes it.
	Unbusy string `json:"unbusy,omitempty"`
}

// Table is one table of the report.
type Table struct {
	Title   string     `json:"title"`
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
}

// Curve is how a cost grows.
type Curve struct {
	// Chart is which chart it belongs to, by its title.
	Chart string `json:"chart"`
	Name  string `json:"name"`
	// X is what it grows with, Y the cost.
	X      string       `json:"x"`
	Y      string       `json:"y"`
	Points [][2]float64 `json:"points"`
}

// Bound is something that has to hold.
type Bound struct {
	What     string `json:"what"`
	Limit    string `json:"limit"`
	Measured string `json:"measured"`
	Held     bool   `json:"held"`
}

// Write puts the part into a directory, from where [Read] gets it. Without a
// directory nothing is written. The version of unbusy is filled in.
func (p *Part) Write(dir string) error {
	if dir == "" {
		return nil
	}
	version, err := exec.Command("git", "describe", "--tags", "--always", "--dirty").Output()
	if err != nil {
		return fmt.Errorf("the version of unbusy: %w", err)
	}
	p.Unbusy = strings.TrimSpace(string(version))
	text, err := json.MarshalIndent(p, "", "\t")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(file(dir, p.Name), text, 0o644)
}

// Read reads a part of that name. One that was not measured is nil.
func Read(dir, name string) (*Part, error) {
	text, err := os.ReadFile(file(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := new(Part)
	if err := json.Unmarshal(text, p); err != nil {
		return nil, fmt.Errorf("the part %s: %w", name, err)
	}
	return p, nil
}

func file(dir, name string) string { return filepath.Join(dir, name+".json") }

// Print writes a table as people read it in a terminal.
func (t *Table) Print(w io.Writer) {
	fmt.Fprintf(w, "\n%s\n", t.Title)
	aligned := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{t.Columns}, t.Rows...) {
		fmt.Fprint(aligned, " ")
		for _, cell := range row {
			fmt.Fprintf(aligned, " %s\t", cell)
		}
		fmt.Fprintln(aligned)
	}
	_ = aligned.Flush() // nobody could be told
}

// Print writes whether it held.
func (b *Bound) Print(w io.Writer) {
	word := "held"
	if !b.Held {
		word = "MISSED"
	}
	fmt.Fprintf(w, "  %s: %s, wanted %s: %s\n", word, b.What, b.Limit, b.Measured)
}
