package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/bench/result"
	"github.com/unbusy/unbusy/integration/host"
)

func TestMain(m *testing.M) { os.Exit(host.Main(m, tools...)) }

// TestMeasure makes every measurement, too briefly to hold it against anybody.
func TestMeasure(t *testing.T) {
	programs := os.Getenv("UNBUSY_BIN")
	if _, err := os.Stat(filepath.Join(programs, "unbusy")); err != nil {
		host.NeedRoot(t)
		t.Fatalf("UNBUSY_BIN must name the directory that make build fills: %v", err)
	}
	if err := buildHelpers(); err != nil {
		t.Fatalf("build the benchmark's helpers: %v", err)
	}
	results := t.TempDir()
	measure(t, options{
		programs: programs, results: results, rounds: 1, pods: 1,
		namespaces: []int{3}, mounts: []int{30},
	})
	for _, part := range parts {
		p, err := result.Read(results, part.name)
		if err != nil || p == nil {
			t.Errorf("%s was not measured: %v", part.name, err)
			continue
		}
		if len(p.Tables) == 0 {
			t.Errorf("%s has no table", part.name)
		}
		for _, table := range p.Tables {
			for _, row := range table.Rows {
				if len(row) != len(table.Columns) {
					t.Errorf("%s: a row of %d columns for %d", table.Title, len(row), len(table.Columns))
				}
				for _, cell := range row[1:] {
					if strings.HasPrefix(cell, "0 µs") {
						t.Errorf("%s: %v was not measured", table.Title, row)
					}
				}
			}
		}
	}
}
