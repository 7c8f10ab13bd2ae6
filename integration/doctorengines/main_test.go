// Package doctorengines tests what unbusy doctor says about container engines
// and their containers, on real ones.
package doctorengines

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/doctor"
	"github.com/unbusy/unbusy/internal/doctor/engines"
	"github.com/unbusy/unbusy/internal/sweep"
)

func TestMain(m *testing.M) {
	if sweep.IsChild(os.Args) {
		os.Exit(sweep.Child())
	}
	tools := []string{"containerd-2.4", "runc-1.5"}
	if built, err := host.CRIOBuilt(); err == nil && built {
		tools = append(tools, host.CRIOTools...)
	}
	os.Exit(host.Main(m, tools...))
}

// examine looks at one area.
func examine(t *testing.T, area string) doctor.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, a := range engines.Areas() {
		if a.Name != area {
			continue
		}
		result, err := a.Examine(ctx, doctor.Open(ctx, config.DefaultPath))
		if err != nil {
			// Of engines that others have on this machine.
			t.Logf("%s: %v", area, err)
			result.Summary += err.Error()
		}
		for _, f := range result.Findings {
			if strings.Contains(f.Evidence+f.Fix, "\n") || f.Fix == "" || f.Severity != doctor.Broken && f.Severity != doctor.AtRisk {
				t.Errorf("a finding out of shape: %+v", f)
			}
		}
		return result
	}
	t.Fatalf("there is no area %q", area)
	return doctor.Result{}
}

// about are the findings that have a word in their evidence: there may be other
// engines on the machine.
func about(result doctor.Result, word string) []doctor.Finding {
	return slices.DeleteFunc(slices.Clone(result.Findings), func(f doctor.Finding) bool {
		return !strings.Contains(f.Evidence, word)
	})
}

// require makes sure that just these findings are about something.
func require(t *testing.T, area, word string, ids ...string) []doctor.Finding {
	t.Helper()
	result := examine(t, area)
	if strings.Contains(result.Summary, word) {
		t.Fatalf("%s: %s", area, result.Summary)
	}
	found := about(result, word)
	var got []string
	for _, f := range found {
		got = append(got, f.ID)
	}
	if !slices.Equal(got, ids) {
		t.Fatalf("%s, about %q: %q, want %q: %+v", area, word, got, ids, found)
	}
	if result.Summary == "" {
		t.Errorf("%s: no summary", area)
	}
	return found
}

// mentions makes sure that a finding's evidence or fix has all of some words.
func mentions(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q does not mention %q", text, word)
		}
	}
}

func pidOf(pid int) string { return fmt.Sprintf("(pid %d)", pid) }

// copyTo makes a copy of a program that can be taken away.
func copyTo(t *testing.T, h *host.Host, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	to := filepath.Join(h.Dir("copies"), filepath.Base(path))
	if err == nil {
		err = os.WriteFile(to, text, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return to
}
