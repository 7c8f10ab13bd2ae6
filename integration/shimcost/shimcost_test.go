package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

func TestMain(m *testing.M) { os.Exit(host.Main(m, tools...)) }

// TestMeasure makes every measurement, too briefly to hold it against anybody.
func TestMeasure(t *testing.T) {
	path := filepath.Join(os.Getenv("UNBUSY_BIN"), "containerd-shim-unbusy-v2")
	if _, err := os.Stat(path); err != nil {
		host.NeedRoot(t)
		t.Fatalf("UNBUSY_BIN must name the directory that make build fills: %v", err)
	}
	rows := measure(t, options{
		ours: path, pairs: 1, most: 1, pods: 1, mostPods: 1,
		namespaces: []int{0, 10}, containers: 1, execs: 1, memoryPods: 1,
	})
	var limits, headings int
	for _, r := range rows {
		switch {
		case r.heading:
			headings++
		case strings.HasPrefix(r.stock, "0") || strings.HasPrefix(r.ours, "0"):
			t.Errorf("nothing was measured: %+v", r)
		case r.limit != "":
			limits++
		}
	}
	if headings != 6 || limits != 2+2+1+1+4+2 {
		t.Errorf("%d limits below %d headings:\n%+v", limits, headings, rows)
	}
}
