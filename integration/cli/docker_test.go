package cli

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// victim are options that give a container all the mounts that dockerd makes for
// one: its root, its own shared memory and its own network namespace.
var victim = []string{"--ipc", "shareable", "--network", "none"}

// points are the places at which a process has mounts of a container's.
func points(t *testing.T, pid int, all []observe.Mount) []string {
	t.Helper()
	mounts, err := observe.Mounts(pid)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, m := range mounts {
		if slices.ContainsFunc(all, func(o observe.Mount) bool { return o.Point == m.Point }) {
			seen = append(seen, m.Point)
		}
	}
	return seen
}

// mountsOf are what dockerd has mounted since an earlier look.
func mountsOf(t *testing.T, before []observe.Mount) []observe.Mount {
	t.Helper()
	now, err := observe.Mounts(0)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(now, func(m observe.Mount) bool {
		return slices.ContainsFunc(before, func(b observe.Mount) bool { return b.Point == m.Point })
	})
}

func table(t *testing.T) []observe.Mount {
	t.Helper()
	mounts, err := observe.Mounts(0)
	if err != nil {
		t.Fatal(err)
	}
	return mounts
}

// TestDocker has two containers of dockerd's and an agent that holds the mounts
// of both.
func TestDocker(t *testing.T) {
	h := host.New(t)
	d := h.Dockerd(host.DockerInRun())
	d.Image()
	before := table(t)
	web := d.Run("web", victim...)
	webs := mountsOf(t, before)
	if len(webs) != 3 {
		t.Fatalf("dockerd has mounted %+v", webs)
	}
	before = table(t)
	d.Run("other", victim...)
	others := mountsOf(t, before)

	r := ask(t, 0, "who", "web")
	if r.Held || r.State != "running" || r.Container != web || r.Engine != "docker" || r.Type != "container" || len(r.Mounts) != 3 {
		t.Errorf("held by nobody else: %+v", r)
	}
	if got := unbusy(t, "who", web[:12]); got.status != 0 || got.stdout != web[:12]+": held by nobody but its engine and itself\n" {
		t.Errorf("held by nobody else: %+v", got)
	}

	agent := h.Start("unshare", "--mount", "--propagation", "private", "sh", "-ec", "echo it is there; read end")
	r = ask(t, 1, "who", web[:3])
	if got := r.kinds(); !slices.Equal(got, []string{"private", "private", "private"}) {
		t.Errorf("held by the agent: %q, %+v", got, r)
	}
	for _, holder := range r.Holders {
		if holder.Holds && (holder.Namespace != namespaceOf(t, agent.Pid()) || len(holder.Processes) != 1 ||
			holder.Processes[0].PID != agent.Pid() || !strings.HasPrefix(holder.Processes[0].Command, "sh -ec")) {
			t.Errorf("held by the agent: %+v", holder)
		}
	}

	// What runs is let alone, whatever it is called. What docker rm cannot remove is
	// the directory around a mountpoint.
	layer, config := filepath.Dir(webs[0].Point), filepath.Join(d.DataRoot(), "containers", web)
	for _, word := range []string{"web", webs[0].Point, webs[1].Point, webs[2].Point, layer, config} {
		r := ask(t, 1, "sweep", word)
		for _, holder := range r.Holders {
			if holder.Holds && (holder.Result != "left" || holder.Reason != "the container is running") {
				t.Errorf("sweep %s of a running container: %+v", word, holder)
			}
		}
		if r.InUse != "the container is running" {
			t.Errorf("sweep %s: %+v", word, r)
		}
	}
	requirePoints(t, agent, webs, len(webs))
	if got := unbusy(t, "sweep", "--all"); got.status != 0 || !strings.Contains(got.stdout, "nothing lingers") {
		t.Errorf("sweep --all: %+v", got)
	}
	requirePoints(t, agent, webs, len(webs))

	d.Docker("stop", "--time", "0", "web")
	if len(points(t, agent.Pid(), webs)) == 0 {
		t.Fatal("nothing is left of a stopped container")
	}
	if r := ask(t, 1, "who", config); r.State != "stopped" || !slices.Equal(r.kinds(), []string{"private"}) {
		t.Errorf("who has something in the directory of a stopped container: %+v", r)
	}
	if r := ask(t, 0, "sweep", "web"); r.State != "stopped" || r.Held || len(r.Holders) == 0 {
		t.Errorf("sweep of a stopped container: %+v", r)
	}
	requirePoints(t, agent, webs, 0)
	requirePoints(t, agent, others, len(others))
	if got := d.Docker("exec", "other", "ls", "/"); !strings.Contains(got, "bin") {
		t.Errorf("the other container: %q", got)
	}
	d.Docker("start", "web")
	if got := d.Docker("exec", "web", "ls", "/"); !strings.Contains(got, "bin") {
		t.Errorf("the container, started again: %q", got)
	}
}

// TestDockerAll has what is left of containers that dockerd does not know any
// more, beside copies of one that runs.
func TestDockerAll(t *testing.T) {
	h := host.New(t)
	d := h.Dockerd(host.DockerInRun())
	d.Image()
	before := table(t)
	d.Run("gone", victim...)
	gone := mountsOf(t, before)
	before = table(t)
	d.Run("stays", victim...)
	stays := mountsOf(t, before)
	agent := h.Start("unshare", "--mount", "--propagation", "private", "sh", "-ec", "echo it is there; read end")
	d.Docker("rm", "--force", "gone")
	// The mountpoint of its network namespace is there for another minute.
	left := points(t, agent.Pid(), gone)
	if len(left) != 1 {
		t.Fatalf("of a removed container there is left: %q", left)
	}

	for _, test := range []struct {
		args   []string
		result string
		left   int
	}{
		{[]string{"sweep", "--all", "--dry-run"}, "would-detach", 1},
		{[]string{"sweep", "--all"}, "detached", 0},
	} {
		var r struct {
			Sweeps  []report
			Skipped []struct{ Namespace, Mountpoint, Path, Reason string }
		}
		askInto(t, &r, 0, test.args...)
		if len(r.Sweeps) != 1 || r.Sweeps[0].Target != left[0] || r.Sweeps[0].Type != "netns" || r.Sweeps[0].State != "gone" ||
			!slices.Equal(r.Sweeps[0].kinds(), []string{"private " + test.result}) {
			t.Errorf("%q: %+v", test.args, r.Sweeps)
		}
		skipped := 0
		for _, s := range r.Skipped {
			// There may be others on the machine.
			if s.Namespace != namespaceOf(t, agent.Pid()) {
				continue
			}
			skipped++
			if !strings.Contains(s.Reason, "it is mounted at "+s.Path) {
				t.Errorf("%q: skipped %+v", test.args, s)
			}
		}
		if skipped != len(stays) {
			t.Errorf("%q: skipped %d of %d", test.args, skipped, len(stays))
		}
		requirePoints(t, agent, gone, test.left)
	}
	requirePoints(t, agent, stays, len(stays))
	if got := d.Docker("exec", "stays", "ls", "/"); !strings.Contains(got, "bin") {
		t.Errorf("the other container: %q", got)
	}
}

func requirePoints(t *testing.T, p *host.Process, all []observe.Mount, want int) {
	t.Helper()
	if got := points(t, p.Pid(), all); len(got) != want {
		t.Errorf("the agent has %q, want %d mounts", got, want)
	}
}
