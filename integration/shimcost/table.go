package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// row is one comparison, or a heading.
type row struct {
	what        string
	stock, ours string
	compared    string
	limit       string // none if empty
	exceeded    bool
	open        bool // whether it is exceeded may be chance
	heading     bool
	// grows is what may grow with the number of other namespaces, among, which
	// added has how much longer ours takes for it. Empty if it is not looked at.
	grows string
	among int
	added time.Duration
}

func heading(text string) row { return row{what: text, heading: true} }

// ratioRow compares times, of which the ratio is limited.
func ratioRow(what string, took pairs) row {
	r := timeRow(what, took)
	ratio := took.ratio()
	r.compared = fmt.Sprintf("%.4f (%.4f to %.4f)", ratio.value, ratio.low, ratio.high)
	r.limit = fmt.Sprintf("%.2f", maxTime)
	r.exceeded, r.open = ratio.value > maxTime, ratio.leavesOpen(maxTime)
	return r
}

// addedRow compares times. A limit, unless it is 0, applies to the difference.
func addedRow(what string, took pairs, limit time.Duration) row {
	r := timeRow(what, took)
	added := took.added()
	r.added = time.Duration(added.value)
	r.compared = fmt.Sprintf("%+.0f µs (%+.0f to %+.0f)", added.value/1e3, added.low/1e3, added.high/1e3)
	if limit > 0 {
		r.limit = fmt.Sprintf("%+d µs", limit.Microseconds())
		r.exceeded, r.open = added.value > float64(limit), added.leavesOpen(float64(limit))
	}
	return r
}

func timeRow(what string, took pairs) row {
	milliseconds := func(which int) string { return fmt.Sprintf("%.2f ms", median(took.of(which))/1e6) }
	return row{what: what, stock: milliseconds(stock), ours: milliseconds(ours)}
}

// memoryRow compares the medians of shims' memory.
func memoryRow(what string, all [][2]memory, kind func(memory) int) row {
	var medians [2]float64
	for which := range medians {
		values := make([]float64, 0, len(all))
		for _, pair := range all {
			values = append(values, float64(kind(pair[which])))
		}
		medians[which] = median(values)
	}
	ratio := medians[ours] / medians[stock]
	kib := func(which int) string { return fmt.Sprintf("%.0f KiB", medians[which]) }
	return row{
		what: what, stock: kib(stock), ours: kib(ours),
		compared: fmt.Sprintf("%.4f", ratio), limit: fmt.Sprintf("%.2f", maxMemory), exceeded: ratio > maxMemory,
	}
}

// printTable prints all rows. Times and memory are medians; what is in brackets
// is the interval of 95 %. A limit that is exceeded is marked with !, one that
// lies in the interval with ?.
func printTable(w io.Writer, rows []row) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		if r.heading {
			t.Flush() //nolint:errcheck // nobody could be told
			fmt.Fprintf(t, "\n%s\n", r.what)
			t.Flush() //nolint:errcheck // nobody could be told
			fmt.Fprintf(t, "  \t%s\t%s\tcompared\tlimit\n", names[stock], names[ours])
			continue
		}
		mark := ""
		if r.exceeded {
			mark += " !"
		}
		if r.open {
			mark += " ?"
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s%s\n", r.what, r.stock, r.ours, r.compared, r.limit, mark)
	}
	t.Flush() //nolint:errcheck // nobody could be told
}
