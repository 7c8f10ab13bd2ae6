package toolbox

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestGetBuildsOnceForManyCallers(t *testing.T) {
	repository(t, "package main\nfunc main() { println(\"hello\") }\n")
	builds := countBuilds(t)

	dirs := make([]string, 4)
	var callers sync.WaitGroup
	for i := range dirs {
		callers.Go(func() {
			dir, err := Get(t.Context(), "greet-1.2")
			if err != nil {
				t.Error(err)
			}
			dirs[i] = dir
		})
	}
	callers.Wait()
	for _, dir := range dirs {
		if dir != dirs[0] {
			t.Errorf("callers were told of %s and %s", dirs[0], dir)
		}
	}
	if n := builds(); n != 1 {
		t.Errorf("%d builds for %d callers", n, len(dirs))
	}
	out, err := exec.Command(filepath.Join(dirs[0], "hello")).CombinedOutput()
	if err != nil || string(out) != "hello\n" {
		t.Errorf("the tool said %q, %v", out, err)
	}
}

func TestGetLeavesNothingOfABuildThatFails(t *testing.T) {
	repository(t, "package main\nfunc main() { undefined() }\n")
	if dir, err := Get(t.Context(), "greet"); err == nil {
		t.Fatalf("a tool that does not compile was built into %s", dir)
	}
	left, err := filepath.Glob(filepath.Join(os.Getenv("UNBUSY_CACHE"), "tools", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range left {
		if !strings.HasSuffix(path, ".lock") {
			t.Errorf("%s was left", path)
		}
	}
}

func TestGetBuildsAnewForOtherTags(t *testing.T) {
	repository(t, "package main\nfunc main() {}\n")
	plain, err := Get(t.Context(), "greet")
	if err != nil {
		t.Fatal(err)
	}
	tagged, err := Get(t.Context(), "greet", "special")
	if err != nil {
		t.Fatal(err)
	}
	if plain == tagged {
		t.Errorf("with and without a build tag the tools are in %s", plain)
	}
}

func TestGetNamesTheSetsThereAre(t *testing.T) {
	repository(t, "package main\nfunc main() {}\n")
	_, err := Get(t.Context(), "great")
	if err == nil || !strings.Contains(err.Error(), "greet-1.2") {
		t.Errorf("an unknown set is answered with: %v", err)
	}
}

// repository makes one with a single pinned set, whose only tool comes from a
// module on disk, and an empty cache. The test goes on inside it.
func repository(t *testing.T, program string) {
	t.Helper()
	top := t.TempDir()
	files := map[string]string{
		"integration/tools/main.go": "package main\n",
		"integration/tools/greet-1.2/go.mod": "module greet\n\ngo 1.26\n\ntool example.org/greet/hello\n\n" +
			"require example.org/greet v1.2.3\n\nreplace example.org/greet => ../../../greet\n",
		"integration/tools/greet-1.2/go.sum": "",
		"greet/go.mod":                       "module example.org/greet\n\ngo 1.26\n",
		"greet/hello/main.go":                program,
	}
	for name, content := range files {
		path := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(top, "greet", "hello"))
	t.Setenv("UNBUSY_CACHE", filepath.Join(top, "cache"))
}

// countBuilds puts a go command first in PATH that notes every build.
func countBuilds(t *testing.T) func() int {
	t.Helper()
	path, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	note := filepath.Join(dir, "builds")
	script := fmt.Sprintf("#!/bin/sh\n[ \"$1\" != build ] || echo >>%s\nexec %s \"$@\"\n", note, path)
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return func() int {
		noted, err := os.ReadFile(note)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(noted), "\n")
	}
}
