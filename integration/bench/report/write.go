package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"

	"github.com/unbusy/unbusy/integration/bench/result"
)

//go:embed performance.md.tmpl
var page string

// written are the parts that the page has places for.
var written = []string{"who", "grow", "clear", "leaks", "start", "runc", "docker", "shim", "drain"}

// write fills in the page.
func write(results string, machine []string) ([]byte, error) {
	parts := make(map[string]*result.Part)
	measured := make(map[string][]string) // by the version of unbusy
	for _, name := range written {
		p, err := result.Read(results, name)
		if err != nil {
			return nil, err
		}
		parts[name] = p
		if p == nil {
			continue
		}
		measured[p.Unbusy] = append(measured[p.Unbusy], name)
		for _, engine := range slices.Sorted(maps.Keys(p.Versions)) {
			machine = append(machine, engine+" "+p.Versions[engine])
		}
	}
	// A part can be measured again by itself.
	for _, version := range slices.Sorted(maps.Keys(measured)) {
		line := "unbusy " + version
		if len(measured) > 1 {
			line += ": " + strings.Join(measured[version], ", ")
		}
		machine = append(machine, line)
	}
	t, err := template.New("page").Funcs(template.FuncMap{
		"tables": func(name string) string { return tables(parts[name]) },
		"bounds": func() string { return bounds(parts) },
	}).Parse(page)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := t.Execute(&text, map[string]any{"Machine": machine}); err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}

// tables are a part's.
func tables(p *result.Part) string {
	if p == nil {
		return "Not measured in this run.\n"
	}
	var text strings.Builder
	for i, t := range p.Tables {
		if i > 0 {
			text.WriteString("\n")
		}
		fmt.Fprintf(&text, "%s:\n\n", t.Title)
		rule := make([]string, len(t.Columns))
		for i := range rule {
			rule[i] = "---"
		}
		for _, row := range append([][]string{t.Columns, rule}, t.Rows...) {
			fmt.Fprintf(&text, "| %s |\n", strings.Join(row, " | "))
		}
	}
	return text.String()
}

// bounds are those of all parts.
func bounds(parts map[string]*result.Part) string {
	var text strings.Builder
	text.WriteString("| what | wanted | measured | |\n| --- | --- | --- | --- |\n")
	for _, name := range written {
		if parts[name] == nil {
			continue
		}
		for _, b := range parts[name].Bounds {
			held := "held"
			if !b.Held {
				held = "**missed**"
			}
			fmt.Fprintf(&text, "| %s | %s | %s | %s |\n", b.What, b.Limit, b.Measured, held)
		}
	}
	return text.String()
}
