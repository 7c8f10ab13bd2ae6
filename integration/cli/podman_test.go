package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// TestPodman has two containers of podman's and an agent that holds both: one
// runs, is stopped, and started again; the other one runs, then is gone.
func TestPodman(t *testing.T) {
	h := host.New(t)
	p := h.Podman()
	const root = "[[roots]]\nengine = \"podman\"\npath = %q\n"
	h.UnbusyConfig(fmt.Sprintf(root+root, p.GraphRoot(), p.RunRoot()))
	// Between its commands nothing of podman runs but the monitors of containers.
	h.Engine("dockerd")
	p.Image()
	web := p.Run("web")
	agentless := ask(t, 0, "who", "web")
	if agentless.State != "running" || agentless.Container != web || agentless.Engine != "podman" || len(agentless.Mounts) != 2 {
		t.Errorf("held by nobody else: %+v", agentless)
	}
	before := table(t)
	gone := p.Run("gone")
	gones := mountsOf(t, before)
	agent := privateAgent(h)
	merged := strings.TrimSpace(p.Podman("inspect", "--format", "{{.GraphDriver.Data.MergedDir}}", "web"))
	shm := filepath.Join(p.GraphRoot(), "overlay-containers", web, "userdata/shm")
	webs := []observe.Mount{{Point: merged}, {Point: shm}}
	requirePoints(t, agent, webs, 2)

	for word, held := range map[string]int{
		"web": 2, web: 2, web[:12]: 2, merged: 1, shm: 1, filepath.Dir(merged): 1, filepath.Dir(filepath.Dir(shm)): 1,
	} {
		requireAnswer(t, 1, "running", held, "", "", "who", word)
		requireAnswer(t, 1, "running", held, "left", "the container is running", "sweep", word, "--leaf", "--host")
	}
	requirePoints(t, agent, webs, 2)

	// Podman removes the mountpoint of the root file system, and with it copies.
	p.Podman("stop", "--time", "0", "web")
	requirePoints(t, agent, webs, 1)
	for _, word := range []string{"web", web, web[:12], shm, filepath.Dir(filepath.Dir(shm))} {
		requireAnswer(t, 1, "stopped", 1, "", "", "who", word)
		requireAnswer(t, 0, "stopped", 1, "would-detach", "", "sweep", "--dry-run", word)
	}
	requireAnswer(t, 0, "stopped", 1, "detached", "", "sweep", "web")
	requirePoints(t, agent, webs, 0)
	p.Podman("start", "web")
	requireAnswer(t, 0, "running", 0, "", "", "sweep", "web")
	if got := strings.TrimSpace(p.Podman("exec", "web", "echo", "alive")); got != "alive" {
		t.Errorf("the container, started again, says %q", got)
	}

	requirePoints(t, agent, gones, len(gones))
	p.Podman("rm", "--force", "--time", "0", "gone")
	requirePoints(t, agent, gones, 0)
	for _, word := range []string{"gone", gone, gone[:12]} {
		if got := unbusy(t, "who", word); got.status != 2 || !strings.Contains(got.stderr, "neither a container") {
			t.Errorf("who %s, which is gone: %+v", word, got)
		}
	}
}
