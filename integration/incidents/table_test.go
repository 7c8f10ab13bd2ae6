package incidents

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const page = "../../docs/incidents.md"

// rows are those of the table on the page: what cures an incident, by its name.
func rows(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	cures := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		// | [name](#name) | cure |
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !strings.Contains(cells[1], "](#") {
			continue
		}
		name, link, _ := strings.Cut(strings.Trim(cells[1], " []"), "](#")
		if strings.TrimSuffix(link, ")") != name {
			t.Errorf("the row of %s leads to %s", name, link)
		}
		if !strings.Contains(string(text), "\n## "+name+"\n") {
			t.Errorf("%s has a row and no section", name)
		}
		cures[name] = strings.TrimSpace(cells[2])
	}
	return cures
}

// requireRow fails unless the page says the same about the incident whose test
// calls tell.
func requireRow(t *testing.T, needs [][]part) {
	t.Helper()
	_, file, _, _ := runtime.Caller(2)
	name := strings.ReplaceAll(strings.TrimSuffix(filepath.Base(file), "_test.go"), "_", "-")
	if got := rows(t)[name]; got != cure(needs) {
		t.Errorf("%s says that %s is cured by %q, and the test by %q", page, name, got, cure(needs))
	}
}

// cure names the parts of which one in each set is enough.
func cure(needs [][]part) string {
	var sets []string
	for _, set := range needs {
		var names []string
		for _, p := range set {
			names = append(names, string(p))
		}
		sets = append(sets, strings.Join(names, " or "))
	}
	if both := strings.Join(sets, " and "); both != "" {
		return both
	}
	return "a command"
}

// TestTable has a test for every row.
func TestTable(t *testing.T) {
	for name := range rows(t) {
		if _, err := os.Stat(strings.ReplaceAll(name, "-", "_") + "_test.go"); err != nil {
			t.Errorf("no test tells %s: %v", name, err)
		}
	}
}
