package sweep

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// fakeEngine is the test binary under an engine's name.
func fakeEngine(t *testing.T, play string) *exec.Cmd {
	t.Helper()
	dockerd := filepath.Join(t.TempDir(), "dockerd")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, dockerd); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(dockerd)
	cmd.Env = append(os.Environ(), part+"="+play, "GORACE=atexit_sleep_ms=0")
	return start(t, cmd)
}

// enter has a thread of the engine go to the namespace of a process.
func (d *docker) enter(agent *exec.Cmd) {
	d.t.Helper()
	if _, err := fmt.Fprintf(inputs[d.engine], "x/proc/%d/ns/mnt\n", agent.Process.Pid); err != nil {
		d.t.Fatal(err)
	}
	want, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", agent.Process.Pid))
	for err == nil {
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/ns/mnt", d.engine.Process.Pid))
		for _, link := range links {
			if text, _ := os.Readlink(link); text == want {
				return
			}
		}
		err = d.t.Context().Err()
	}
	d.t.Fatal(err)
}

// TestEngineThread has a thread of the engine in a namespace of its own, as
// dockerd has while it copies files out of a container.
func TestEngineThread(t *testing.T) {
	bothWays(t, func(t *testing.T, proc bool) {
		d := newDocker(t)
		owned := d.own(d.run(id, layer))
		fakeEngine(t, "thread")
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
