package main

import (
	"testing"
	"time"

	"github.com/unbusy/unbusy/integration/bench/result"
)

// TestSlope looks at what a growing cost is told by.
func TestSlope(t *testing.T) {
	rows := func(most time.Duration) []row {
		return []row{
			heading("containers"),
			{what: "delete", grows: "a container's delete", among: 10, added: 100 * time.Microsecond},
			{what: "another", limit: "1", exceeded: true},
			{what: "delete", grows: "a container's delete", among: 1010, added: 100*time.Microsecond + most},
		}
	}
	for most, held := range map[time.Duration]bool{5 * time.Millisecond: true, 7 * time.Millisecond: false} {
		var p result.Part
		bounds := slope(&p, rows(most), "a container's delete")
		if len(bounds) != 1 || bounds[0].Held != held {
			t.Errorf("%s more for a thousand namespaces: %+v", most, bounds)
		}
		if len(p.Curves) != 1 || len(p.Curves[0].Points) != 2 {
			t.Errorf("the curve is %+v", p.Curves)
		}
	}
	if bounds := slope(new(result.Part), rows(0), "a pod's stop"); bounds != nil {
		t.Errorf("of what was not measured: %+v", bounds)
	}
}

// TestWrite looks at what the report is made of.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	all := []row{heading("containers"), {what: "delete", stock: "1", ours: "2", limit: "+300 µs", exceeded: true}}
	if err := write(dir, all); err != nil {
		t.Fatal(err)
	}
	p, err := result.Read(dir, "shim")
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Tables) != 1 || len(p.Tables[0].Rows) != 1 || len(p.Bounds) != 1 || p.Bounds[0].Held {
		t.Errorf("%+v", p)
	}
}
