package podman

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestBefore has a user put a drop-in file into his home that changes where his
// runtime is found: a container from before is protected from its next end on, and goes on when the file is gone.
func TestBefore(t *testing.T) {
	s := newStage(t, way{runtime: "crun", front: alone, rootless: true}, host.PodmanRuntime("crun"))
	s.Run("c")
	dir := filepath.Join(s.Home(), ".config/containers/containers.conf.d")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(sameNameFile, "crun", linkTo(t, s.h, host.Program(t, "unbusy-runtime"), "crun"))
	if err := os.WriteFile(filepath.Join(dir, "50-unbusy.conf"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s.way.front = same
	for _, command := range [][]string{{"restart", "--time", "0", "c"}, {"stop", "--time", "0", "c"}} {
		if a := s.end(command, s.victim("c")); a.status != 0 || a.stderr != "" {
			t.Errorf("%+v", a)
		}
	}
	if err := os.Remove(filepath.Join(dir, "50-unbusy.conf")); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"start", "c"}, {"exec", "c", "true"}, {"rm", "--force", "--time", "0", "c"}} {
		if a := s.ask(command...); a.status != 0 || a.stderr != "" {
			t.Errorf("without the file: %+v", a)
		}
	}
}
