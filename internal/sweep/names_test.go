package sweep

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestNames has copies at paths, and a process under a name, that nobody would
// choose who means well. Two of them look the same in JSON.
func TestNames(t *testing.T) {
	bothWays(t, func(t *testing.T, proc bool) {
		d := newDocker(t)
		c := d.run(id, layer)
		owned := d.own(c)
		program := filepath.Join(t.TempDir(), "a)\n(b \x1b[2J\xff")
		if err := os.Symlink("/bin/cat", program); err != nil {
			t.Fatal(err)
		}
		agent := start(t, exec.Command("unshare", "--mount", "--propagation", "private", program))
		names := []string{"new\nline", `back\slash`, `\012`, "blank blank\t", "\x1b[31m", "\xff", "\xfe", "'\"$(x)`", " - nsfs x"}
		for i, name := range names {
			names[i] = d.mkdir("..", "names", name)
			in(t, agent, func() error { return unix.Mount(d.root, names[i], "", unix.MS_BIND|unix.MS_REC, "") })
		}
		// Only one of the two may go: the other one is covered.
		in(t, agent, func() error {
			return unix.Mount("cover", filepath.Join(names[6], "overlay2", layer, "merged"), "tmpfs", 0, "size=4k")
		})
		w := watch(t, namespaceOf(t, agent.Process.Pid))
		report := d.sweep(Request{Owned: owned, Detach: true, Proc: proc})
		w.wantLost(owned, 2*(1+len(names))-1)
		if len(report.Lingering()) != 1 {
			t.Error(results(outcomes(report)))
		}
	})
}
