package roots

import (
	"testing"

	"github.com/unbusy/unbusy/pkg/spec"
)

func TestContains(t *testing.T) {
	if short := (spec.Area{Root: "/srv", Owner: "a/*"}); contains(short, "/srv/a") || !contains(short, "/srv/a/1") {
		t.Error("the directory above the owners")
	}
	area := spec.Area{Root: "/srv/x", Owner: "a/*/b"}
	for path, want := range map[string]bool{
		"/srv/x/a/1/b":     true,
		"/srv/x/a/1/b/c/d": true,
		"/srv/x/a/1":       false,
		"/srv/x/a/1/c":     false,
		"/srv/x/b/1/b":     false,
		"/srv/x-y/a/1/b":   false,
		"/srv/x":           false,
		"/srv":             false,
		"/srv/x/a//b":      false,
		"/srv/x/a/1/":      false,
	} {
		if got := contains(area, path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func TestFixedPart(t *testing.T) {
	for owner, want := range map[string][2]string{
		"*":                 {"", "*"},
		"*/x":               {"", "*/x"},
		"a/*":               {"a", "*"},
		"a/b/*/c/*":         {"a/b", "*/c/*"},
		"a":                 {"", "a"},
		"a/b":               {"a", "b"},
		"a/b*/c":            {"a/b*", "c"},
		"rootfs/*/*":        {"rootfs", "*/*"},
		"buildkit/executor": {"buildkit", "executor"},
	} {
		if fixed, rest := fixedPart(owner); fixed != want[0] || rest != want[1] {
			t.Errorf("%s: %q and %q", owner, fixed, rest)
		}
	}
}
