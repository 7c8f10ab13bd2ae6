package sweep

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestEngineThread has a thread of the engine in a namespace of its own, as
// dockerd has while it copies files out of a container.
func TestEngineThread(t *testing.T) {
	bothWays(t, func(t *testing.T, proc bool) {
		d := newDocker(t)
		owned := d.own(d.run(id, layer))
		dockerd := filepath.Join(t.TempDir(), "dockerd")
		program, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(program, dockerd); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(dockerd)
		cmd.Env = append(os.Environ(), part+"=thread", "GORACE=atexit_sleep_ms=0")
		start(t, cmd)
		request := Request{Owned: owned, Detach: true, Proc: proc, Leaf: true, Host: true}
		report := d.sweep(request)
		copies := 0
		for _, h := range report.Holders {
			if h.Copy.Refusal == "" {
				t.Errorf("%+v", h)
			}
			if h.Copy.Kind != "original" {
				copies++
			}
		}
		if copies != 2 {
			t.Errorf("%d copies: %v", copies, results(outcomes(report)))
		}
		d.holds(d.engine, 2)
	})
}
