package shim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestUpgrade puts a new binary in the place of the shim's, by rename, while
// containers run, and starts containerd again: nothing is lost, and the shims from
// before do all their work. What they start to look through namespaces is
// themselves, though the file has no name any more.
func TestUpgrade(t *testing.T) {
	for _, version := range host.StoryVersions() {
		t.Run(version, func(t *testing.T) {
			dir := t.TempDir()
			shimPath := filepath.Join(dir, "containerd-shim-unbusy-v2")
			copyFile(t, host.Program(t, "containerd-shim-unbusy-v2"), shimPath)
			s := newStage(t, version, host.Runtime(ourHandler, "", host.Shim(shimPath)))
			used := s.c.Run("used", host.Under(ourHandler))
			victim := s.c.Run("victim", host.Under(ourHandler))
			crashed := s.c.Run("crashed", host.Under(ourHandler))
			agents := []holders{s.private(victim), s.holders(crashed)}
			// Because of this one a look through the namespaces is needed.
			s.agent("private", "mount --bind "+victim.Rootfs()+" "+s.h.Dir("place"))

			// What is new is told from what was there.
			upgrade := filepath.Join(dir, "new")
			script(t, upgrade, "exec '"+host.Program(t, "containerd-shim-unbusy-v2")+`' "$@"`)
			if err := os.Rename(upgrade, shimPath); err != nil {
				t.Fatal(err)
			}
			s.c.Kill()
			s.c.Restart()
			for _, k := range []*host.Container{used, victim, crashed} {
				if out := k.Exec("echo", "alive"); out != "alive\n" {
					t.Errorf("%s says %q", k.ID(), out)
				}
			}
			if exe := s.program(s.c.ShimOf(victim.ID())); !strings.HasSuffix(exe, " (deleted)") {
				t.Errorf("the shim from before is %s: there is nothing to show", exe)
			}
			s.end(used)
			shim := s.shim(victim)
			shim.requireDeletes()
			agents[0].require("after", false)
			s.says("a copy of the container's mount stays", "kind=leaf", "container=victim")
			shim.shutdown()

			// Of one that crashes, the new binary deletes what is left.
			process, err := os.FindProcess(s.c.ShimOf(crashed.ID()))
			if err != nil {
				t.Fatal(err)
			}
			if err := process.Kill(); err != nil {
				t.Fatal(err)
			}
			host.Await(t, "the bundle to be gone", func() bool { return !exists(t, crashed.Bundle()) })
			agents[1].require("after", false)
			crashed.Delete()

			later := s.c.Run("later", host.Under(ourHandler))
			if exe := s.program(s.c.ShimOf(later.ID())); exe != host.Program(t, "containerd-shim-unbusy-v2") {
				t.Errorf("a later shim is %s", exe)
			}
			s.end(later)
			s.requireFailures()
		})
	}
}

// copyFile copies a program.
func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, content, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}
