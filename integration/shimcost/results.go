package main

import (
	"fmt"
	"time"

	"github.com/unbusy/unbusy/integration/bench/result"
)

// maxPerNamespace is what a pod's stop may take more for each mount namespace on
// the machine.
const maxPerNamespace = 6 * time.Microsecond

// write leaves the rows for the report.
func write(dir string, all []row) error {
	p := result.Part{Name: "shim"}
	for _, r := range all {
		if r.heading {
			p.Tables = append(p.Tables, result.Table{
				Title:   r.what,
				Columns: []string{"what", "containerd's shim", "unbusy's shim", "compared", "limit"},
			})
			continue
		}
		t := &p.Tables[len(p.Tables)-1]
		t.Rows = append(t.Rows, []string{r.what, r.stock, r.ours, r.compared, r.limit})
		if r.limit != "" {
			measured := r.compared
			if r.open {
				measured += ", which chance may decide"
			}
			p.Bounds = append(p.Bounds, result.Bound{What: r.what, Limit: "≤ " + r.limit, Measured: measured, Held: !r.exceeded})
		}
	}
	for _, what := range []string{"a container's delete", "a pod's stop"} {
		p.Bounds = append(p.Bounds, slope(&p, all, what)...)
	}
	return p.Write(dir)
}

// slope is how much what ours adds grows with each namespace, from the situation
// with the fewest of them to that with the most. The curve goes to the part.
func slope(p *result.Part, all []row, what string) []result.Bound {
	curve := result.Curve{Chart: "Added by the shim, with no leak", Name: what, X: "mount namespaces", Y: "ms"}
	var first, last row
	for _, r := range all {
		if r.grows != what {
			continue
		}
		if first.grows == "" {
			first = r
		}
		last = r
		curve.Points = append(curve.Points, [2]float64{float64(r.among), float64(r.added) / 1e6})
	}
	if first.among >= last.among {
		return nil
	}
	p.Curves = append(p.Curves, curve)
	each := float64(last.added-first.added) / float64(last.among-first.among)
	return []result.Bound{{
		What:  what + ": what is added, over the number of namespaces",
		Limit: fmt.Sprintf("≤ %d µs for each", maxPerNamespace.Microseconds()),
		Measured: fmt.Sprintf("%.2f µs for each (%+.0f µs at %d, %+.0f µs at %d)", each/1e3,
			float64(first.added)/1e3, first.among, float64(last.added)/1e3, last.among),
		Held: each <= float64(maxPerNamespace),
	}}
}
