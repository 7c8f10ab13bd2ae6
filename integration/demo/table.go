package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// printTable prints both outcomes side by side.
func printTable(w io.Writer, stock, unbusy outcome) {
	fmt.Fprintln(w)
	row := func(what string, of func(outcome) string) {
		fmt.Fprintf(w, "%-56s %-40s %s\n", what, of(stock), of(unbusy))
	}
	number := func(what string, of func(outcome) int) {
		row("  "+what, func(o outcome) string { return strconv.Itoa(of(o)) })
	}
	fmt.Fprintf(w, "%-56s %-40s %s\n", "", "under runc", "under unbusy-runtime")
	fmt.Fprintln(w, "while the victim runs, the agent holds")
	number("copies of its root file system", func(o outcome) int { return o.running.rootfs })
	number("copies of its volume", func(o outcome) int { return o.running.volume })
	fmt.Fprintln(w, "after it is deleted and its volume unmounted")
	number("copies of its root file system", func(o outcome) int { return o.deleted.rootfs })
	number("copies of its volume", func(o outcome) int { return o.deleted.volume })
	row("the volume's device is", outcome.state)
	row("it is held by", outcome.holder)
	fmt.Fprintln(w)
}

// printSummary prints the last line, for whoever does not read tables.
func printSummary(w io.Writer, stock, unbusy outcome) {
	fmt.Fprintf(w, "demo: stock held %d, unbusy held %d\n", stock.deleted.sum(), unbusy.deleted.sum())
}

// state is what opening the device exclusively came to.
func (o outcome) state() string {
	if o.busy {
		return o.device + " busy"
	}
	return o.device + " free"
}

// holder names who holds the volume's file system.
func (o outcome) holder() string {
	var names []string
	for _, h := range o.holders {
		name := h.Command
		if h.Pid == o.agent {
			name = "the agent: " + name
		}
		names = append(names, fmt.Sprintf("%s (pid %d)", name, h.Pid))
	}
	if len(names) == 0 {
		return "nobody"
	}
	return strings.Join(names, ", ")
}
