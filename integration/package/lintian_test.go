package package_test

import (
	"os"
	"os/exec"
	"testing"
)

func TestLintianFindsNothing(t *testing.T) {
	deb := pack(t).deb
	if os.Getenv("MATRIX") != "full" {
		t.Skip("only MATRIX=full has the patience")
	}
	out, err := exec.CommandContext(t.Context(), "lintian", "--allow-root", "--fail-on", "error,warning", deb).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
