package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// printTable prints the outcomes side by side.
func printTable(w io.Writer, outcomes ...outcome) {
	fmt.Fprintln(w)
	row := func(what string, of func(outcome) string) {
		cells := []string{fmt.Sprintf("%-48s", what)}
		for _, o := range outcomes {
			cells = append(cells, fmt.Sprintf("%-36s", of(o)))
		}
		fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, " "), " "))
	}
	number := func(what string, of func(outcome) int) {
		row("  "+what, func(o outcome) string { return strconv.Itoa(of(o)) })
	}
	row("", func(o outcome) string { return o.heading })
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
func printSummary(w io.Writer, stock, unbusy, swept outcome) {
	fmt.Fprintf(w, "demo: stock held %d, unbusy held %d, an agent from before held %d\n",
		stock.deleted.sum(), unbusy.deleted.sum(), swept.deleted.sum())
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
