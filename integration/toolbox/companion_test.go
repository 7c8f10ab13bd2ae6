package toolbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestGetBuildsWhatIsWrittenInC(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("there is no gcc")
	}
	repository(t, "package main\nfunc main() {}\n")
	companions["greet"] = []companion{{"hi", "example.org/greet", "c"}}
	t.Cleanup(func() { delete(companions, "greet") })
	if dir, err := Get(t.Context(), "greet"); err == nil {
		t.Errorf("without the source of a program %s is complete", dir)
	}
	source := filepath.Join("..", "c", "hi.c")
	if err := os.MkdirAll(filepath.Dir(source), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(source, []byte("#include <stdio.h>\nint main(void) { puts(\"hi\"); return 0; }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	dir, err := Get(t.Context(), "greet")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(dir, "hi")).Output()
	if err != nil || string(out) != "hi\n" {
		t.Errorf("the program said %q, %v", out, err)
	}
}

func TestBuilt(t *testing.T) {
	repository(t, "package main\nfunc main() {}\n")
	for _, want := range []bool{false, true} {
		if built, err := Built(t.Context(), "greet"); err != nil || built != want {
			t.Errorf("it is built: %v, %v, want %v", built, err, want)
		}
		if _, err := Get(t.Context(), "greet"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Built(t.Context(), "great"); err == nil {
		t.Error("no error for an unknown set")
	}
}
