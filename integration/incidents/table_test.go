package incidents

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

const page = "../../docs/incidents.md"

// update has the table on the page written anew from what is measured:
//
//	UNBUSY_BIN=$PWD/bin go test ./integration/incidents -update
var update = flag.Bool("update", false, "write the table in docs/incidents.md from what is measured")

// row has what came of an incident, by the names of the ways.
type row map[string]outcome

// table is locked by whoever uses the page or a row: ways are tried at the same time.
var table sync.Mutex

// set notes what came of it in a way.
func (r row) set(w way, o outcome) {
	table.Lock()
	defer table.Unlock()
	r[w.name] = o
}

// incident is the name of the one that a test tells, with a word after it on a
// kernel of its own: the file's that calls tell.
func incident(t *testing.T, kernel string) string {
	t.Helper()
	_, file, _, _ := runtime.Caller(2)
	return strings.ReplaceAll(strings.TrimSuffix(filepath.Base(file), "_test.go"), "_", "-") + kernel
}

// rows are those of the table on the page, by the incidents' names.
func rows(t *testing.T) map[string]row {
	t.Helper()
	table.Lock()
	defer table.Unlock()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]row)
	for line := range strings.Lines(string(text)) {
		name, cells, ok := readRow(line)
		if !ok {
			continue
		}
		heading, _, _ := strings.Cut(name, " (")
		if !strings.Contains(line, "](#"+heading+")") || !strings.Contains(string(text), "\n## "+heading+"\n") {
			t.Errorf("the row of %s leads to no section", name)
		}
		all[name] = cells
		if cured := cure(cells); !strings.HasSuffix(line, "| "+cured+" |\n") {
			t.Errorf("%s does not say that %s is cured by %s", page, name, cured)
		}
	}
	return all
}

// readRow reads a line of the page if it is one of the table: the name with a
// link, what came of each way, and the cure.
func readRow(line string) (name string, cells row, ok bool) {
	fields := strings.Split(strings.Trim(line, "|\n"), "|")
	name, _, ok = strings.Cut(strings.Trim(fields[0], " ["), "](#")
	if !ok || len(fields) != len(ways)+2 {
		return "", nil, false
	}
	cells = make(row)
	for i, w := range ways {
		cells[w.name] = outcome(strings.TrimSpace(fields[i+1]))
	}
	return name, cells, true
}

// writeRow puts what was measured into the table: in place of what it says now, or
// as its last row.
func writeRow(t *testing.T, name string, measured row) {
	t.Helper()
	table.Lock()
	defer table.Unlock()
	if len(measured) != len(ways) {
		t.Errorf("%s: measured were only %v", name, slices.Sorted(maps.Keys(measured)))
		return
	}
	heading, _, _ := strings.Cut(name, " (")
	cells := []string{"[" + name + "](#" + heading + ")"}
	for _, w := range ways {
		cells = append(cells, string(measured[w.name]))
	}
	line := "| " + strings.Join(append(cells, cure(measured)), " | ") + " |\n"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.Collect(strings.Lines(string(text)))
	at := -1
	for i, old := range lines {
		known, _, isRow := readRow(old)
		if isRow && known == name {
			lines[i] = line
			at = -1
			break
		}
		if isRow || strings.HasPrefix(old, "| --- |") {
			at = i + 1
		}
	}
	if at >= 0 {
		lines = slices.Insert(lines, at, line)
	} else if !slices.Contains(lines, line) {
		t.Errorf("%s has no table", page)
		return
	}
	if err := os.WriteFile(page, []byte(strings.Join(lines, "")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// cure says in words what the cells of a row do: which parts are needed, or of
// which one is enough.
func cure(r row) string {
	var needed []string
	for _, w := range ways {
		if len(w.without) == 1 && r[w.name] == happens {
			needed = append(needed, string(w.without[0]))
		}
	}
	switch {
	case r["unbusy"] == happens:
		return "a command"
	case len(needed) > 0:
		return strings.Join(needed, " and ")
	case r["only may_detach_mounts"] == happens:
		return "rewrite or sweep"
	default:
		return "rewrite, sweep or may_detach_mounts"
	}
}

// TestTable has a test for every row.
func TestTable(t *testing.T) {
	for name := range rows(t) {
		heading, _, _ := strings.Cut(name, " (")
		if _, err := os.Stat(strings.ReplaceAll(heading, "-", "_") + "_test.go"); err != nil {
			t.Errorf("no test tells %s: %v", name, err)
		}
	}
}

func TestCure(t *testing.T) {
	cells := func(all string) row {
		r := make(row)
		for i, o := range strings.Fields(all) {
			r[ways[i].name] = map[string]outcome{"x": happens, "-": averted}[o]
		}
		return r
	}
	for all, want := range map[string]string{
		// stock, unbusy, without each part, only may_detach_mounts
		"x x x x x x": "a command",
		"x - - x - x": "sweep",
		"x - x - - x": "rewrite",
		"x - x x - x": "rewrite and sweep",
		"x - - - - x": "rewrite or sweep",
		"x - - - - -": "rewrite, sweep or may_detach_mounts",
		"x - - - x x": "may_detach_mounts",
	} {
		if got := cure(cells(all)); got != want {
			t.Errorf("%s: %q, want %q", all, got, want)
		}
	}
}
