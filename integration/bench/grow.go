package main

import (
	"fmt"
	"strconv"

	"github.com/unbusy/unbusy/integration/bench/result"
	"github.com/unbusy/unbusy/integration/host"
)

// growth measures how finding holders grows with what there is in each namespace:
// mounts, and processes.
func (b *bench) growth() *result.Part {
	part := &result.Part{}
	h := host.New(b.t)
	h.UnbusyConfig("")
	c := b.containerd(h)
	namespaces := min(300, b.namespaces[len(b.namespaces)-1])
	for _, series := range []struct {
		over   string
		values []int
		of     func(int) of
	}{
		{"mounts in each namespace", b.several(30, 60, 120, 200), func(n int) of {
			return of{namespaces: namespaces, mounts: n, copies: min(10, namespaces)}
		}},
		{"processes in each namespace", b.several(1, 3, 10), func(n int) of {
			return of{namespaces: min(100, namespaces), mounts: 30, processes: n, copies: min(10, namespaces)}
		}},
	} {
		table := result.Table{
			Title:   fmt.Sprintf("Who holds it, over %s, %d namespaces", series.over, series.of(1).namespaces),
			Columns: []string{"command"},
		}
		var rows [][]string
		for _, value := range series.values {
			names, took := b.lookup(h, c, series.of(value), quick)
			table.Columns = append(table.Columns, strconv.Itoa(value))
			for i, name := range names {
				if len(rows) <= i {
					rows = append(rows, []string{name})
				}
				rows[i] = append(rows[i], shown(took[i]))
				addPoint(part, "Who holds it, over "+series.over, name, series.over, float64(value), took[i])
			}
		}
		table.Rows = rows
		part.Tables = append(part.Tables, table)
	}
	return part
}

// several are values to measure at: one, if the measurement only tries whether
// everything works.
func (o *options) several(values ...int) []int {
	if len(o.namespaces) < 2 {
		return values[:1]
	}
	return values
}
