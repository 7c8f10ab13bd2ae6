package sweep

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPodmanMount has the root file systems of two containers of one image
// mounted by hand while one of the containers ends: both go on being there for
// who has mounted them.
func TestPodmanMount(t *testing.T) {
	eachPodman(t, func(t *testing.T, p *podman) {
		id := p.Run("victim")
		p.Run("other")
		var points []string
		for _, name := range []string{"victim", "other"} {
			p.exec(name, "sh", "-c", "echo "+name+" >/tmp/name")
			points = append(points, strings.TrimSpace(p.Podman.Podman("mount", name)))
		}
		mounts := p.mounts(id)
		agent := p.agent()
		requireHeld(t, agent.Pid(), mounts)
		p.Podman.Podman("stop", "--time", "0", "victim")
		p.requireSwept(id, mounts)
		for i, name := range []string{"victim", "other"} {
			text, err := os.ReadFile(filepath.Join(points[i], "tmp/name"))
			if err != nil || string(text) != name+"\n" {
				t.Errorf("in the mount of %s is written %q, %v", name, text, err)
			}
			p.Podman.Podman("unmount", name)
		}
		if got := p.exec("other", "cat", "/tmp/name"); got != "other" {
			t.Errorf("the other one says %q", got)
		}
	})
}
