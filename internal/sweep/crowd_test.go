package sweep

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// TestManyMounts has thousands of mounts beside the copies.
func TestManyMounts(t *testing.T) {
	bothWays(t, func(t *testing.T, proc bool) {
		d := newDocker(t)
		owned := d.own(d.run(id, layer))
		agent := d.agent("private")
		crowd := d.mkdir("..", "crowd")
		in(t, agent, func() error {
			if err := unix.Mount("crowd", crowd, "tmpfs", 0, "size=1m"); err != nil {
				return err
			}
			// Each one doubles what is there: 8192 in the end.
			for i := range 13 {
				dir := filepath.Join(crowd, strconv.Itoa(i))
				if err := os.Mkdir(dir, 0o755); err != nil {
					return err
				}
				if err := unix.Mount(crowd, dir, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
					return err
				}
			}
			return nil
		})
		w := watch(t, namespaceOf(t, agent.Process.Pid))
		report := d.sweep(Request{Owned: owned, Detach: true, Proc: proc})
		w.wantLost(owned, 2)
		if len(report.Lingering()) != 0 {
			t.Error(results(outcomes(report)))
		}
	})
}

// TestManyNamespaces has a hundred holders.
func TestManyNamespaces(t *testing.T) {
	bothWays(t, func(t *testing.T, proc bool) {
		d := newDocker(t)
		owned := d.own(d.run(id, layer))
		agents := make([]*exec.Cmd, 100)
		for i := range agents {
			agents[i] = d.agent("private")
		}
		d.sweep(Request{Owned: owned, Detach: true, Proc: proc})
		for _, agent := range agents {
			d.holds(agent, 0)
		}
		d.holds(d.engine, 2)
	})
}

// TestUnshareLoop has a process that makes namespaces all the time. What came
// with those, and was there at the end, is said.
func TestUnshareLoop(t *testing.T) {
	bothWays(t, func(t *testing.T, proc bool) {
		d := newDocker(t)
		owned := d.own(d.run(id, layer))
		agent := d.agent("private")
		loop := player(t, agent, "clone")
		again(t, loop)
		if report, err := quickly(t, Request{Owned: owned, Detach: true, Proc: proc}); err == nil && report.Aborted == "" {
			d.holds(agent, 0)
		}
		stop(t, loop)
		d.sweep(Request{Owned: owned, Detach: true, Proc: proc})
		d.holds(agent, 0)
		d.holds(d.engine, 2)
	})
}
