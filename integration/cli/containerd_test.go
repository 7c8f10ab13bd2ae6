package cli

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// requireAnswer fails unless a command finds a container in a state, by a number
// of mounts that somebody holds, and says of each the same result and reason.
func requireAnswer(t *testing.T, status int, state string, held int, result, reason string, args ...string) report {
	t.Helper()
	r := ask(t, status, args...)
	kinds := r.kinds()
	if r.State != state || len(kinds) != held || strings.TrimSpace(r.InUse) != r.InUse {
		t.Errorf("%q: %s, %q, want %s and %d: %+v", args, r.State, kinds, state, held, r)
	}
	for _, h := range r.Holders {
		if h.Holds && (h.Result != result || !strings.Contains(h.Reason, reason)) {
			t.Errorf("%q: %+v", args, h)
		}
	}
	return r
}

// privateAgent starts a process that has private copies of all mounts.
func privateAgent(h *host.Host) *host.Process {
	return h.Start("unshare", "--mount", "--propagation", "private", "sh", "-ec", "echo it is there; read end")
}

// TestContainerd has two containers of containerd's, of which one runs and the
// other has ended and is still there, and an agent that holds both.
func TestContainerd(t *testing.T) {
	h := host.New(t)
	h.UnbusyConfig("")
	c := h.Containerd()
	before := table(t)
	web := c.Run("web")
	webs := mountsOf(t, before)
	before = table(t)
	dead := c.Run("dead")
	deads := mountsOf(t, before)
	for _, word := range []string{"web", web.Rootfs(), web.Bundle()} {
		if r := ask(t, 0, "who", word); r.State != "running" || r.Container != "web" || r.Engine != "containerd" || r.Held || len(r.Mounts) != 1 {
			t.Errorf("%s is held by nobody else: %+v", word, r)
		}
	}
	agent := privateAgent(h)

	for _, word := range []string{"web", web.Rootfs(), web.Bundle()} {
		requireAnswer(t, 1, "running", 1, "", "", "who", word)
		for _, options := range [][]string{{}, {"--leaf", "--host"}, {"--dry-run"}} {
			requireAnswer(t, 1, "running", 1, "left", "the container is running", append([]string{"sweep", word}, options...)...)
		}
	}
	c.Ctr("task", "kill", "--signal", "SIGKILL", "dead")
	host.Await(t, "the container to end", func() bool { return strings.Contains(c.Ctr("task", "list"), "STOPPED") })
	for _, word := range []string{"dead", dead.Rootfs(), dead.Bundle()} {
		requireAnswer(t, 1, "stopped", 1, "", "", "who", word)
		requireAnswer(t, 0, "stopped", 1, "would-detach", "", "sweep", "--dry-run", word)
	}
	requirePoints(t, agent, slices.Concat(webs, deads), 2)
	requireAnswer(t, 0, "stopped", 1, "detached", "", "sweep", dead.Bundle())
	requirePoints(t, agent, deads, 0)
	requirePoints(t, agent, webs, 1)
	// The engine's own mount is the engine's still.
	if r := ask(t, 0, "sweep", "dead"); r.Held || len(r.Mounts) != 1 || r.Holders[0].Kind != "original" {
		t.Errorf("a container that nobody else holds: %+v", r)
	}

	// What is mounted for others is below these, too.
	for _, word := range []string{c.State(), filepath.Dir(web.Bundle())} {
		r := ask(t, 1, "sweep", word)
		// Others on the machine may have directories that are called alike.
		if len(r.Mounts) < 2 || !strings.Contains(r.InUse, "name one container") {
			t.Errorf("sweep %s: %+v", word, r)
		}
	}
	requirePoints(t, agent, webs, 1)
	dead.Stop()
	for _, word := range []string{"dead", dead.Rootfs()} {
		if got := unbusy(t, "who", word); got.status != 2 {
			t.Errorf("who %s, of which nothing is left: %+v", word, got)
		}
	}
	requirePoints(t, agent, webs, 1)
	if got := web.Exec("echo", "alive"); got != "alive\n" {
		t.Errorf("the other container says %q", got)
	}
}

// TestContainerdSameName has containers of one name in two namespaces of
// containerd's.
func TestContainerdSameName(t *testing.T) {
	h := host.New(t)
	h.UnbusyConfig("")
	c := h.Containerd()
	web := c.Run("web")
	image := c.Image("other")
	c.Ctr("--namespace", "other", "run", "--detach", "--null-io", "--snapshotter", "native", image, "web")
	t.Cleanup(func() {
		_, _ = c.Try("--namespace", "other", "task", "delete", "--force", "web")
		_, _ = c.Try("--namespace", "other", "container", "delete", "web")
	})
	if got := unbusy(t, "who", "web"); got.status != 2 || !strings.Contains(got.stderr, "default/web, ") {
		t.Errorf("%+v", got)
	}
	if r := ask(t, 0, "who", web.Bundle()); r.Container != "web" || len(r.Mounts) != 1 || r.Mounts[0].Path != web.Rootfs() {
		t.Errorf("%+v", r)
	}
}
