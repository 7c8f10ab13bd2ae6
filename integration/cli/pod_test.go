package cli

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// of are those of several mounts whose path has a part.
func of(all []observe.Mount, part string) []observe.Mount {
	return slices.DeleteFunc(slices.Clone(all), func(m observe.Mount) bool { return !strings.Contains(m.Point, part) })
}

// TestPod has a pod of containerd's, and an agent that holds all of it: the
// sandbox's root file system, shared memory and network namespace, and the root
// file system of a container. First all of it runs, then the container has ended,
// then the pod.
func TestPod(t *testing.T) {
	h := host.New(t)
	h.UnbusyConfig("")
	pods := cri.Containerd(t, h.Containerd(host.PodNetwork()))
	before := table(t)
	pod := pods.Pod("pod")
	app := pod.Run("app")
	all := mountsOf(t, before)
	own, apps, netns := of(all, pod.ID()), of(all, app.ID()), of(all, "/netns/")
	if len(own) != 2 || len(apps) != 1 || len(netns) != 1 {
		t.Fatalf("containerd has mounted %+v", all)
	}
	agent := privateAgent(h)
	for _, word := range []string{app.ID(), app.ID()[:12], apps[0].Point, filepath.Dir(apps[0].Point)} {
		requireAnswer(t, 1, "running", 1, "", "", "who", word)
		requireAnswer(t, 1, "running", 1, "left", "the container is running", "sweep", word, "--leaf", "--host")
	}
	// The container has the shared memory of its pod.
	inUse := []string{"leaf left", "private left", "private left", "private left"}
	for _, word := range []string{pod.ID(), pod.ID()[:12]} {
		r := ask(t, 1, "sweep", word, "--leaf", "--host")
		kinds := r.kinds()
		slices.Sort(kinds)
		if !slices.Equal(kinds, inUse) || r.State != "running" || r.InUse != "the container is running" {
			t.Errorf("sweep %s: %+v", word, r)
		}
	}
	// A network namespace does not say whose it is.
	for _, word := range []string{netns[0].Point, filepath.Base(netns[0].Point)} {
		requireAnswer(t, 1, "", 1, "left", "it is mounted at "+netns[0].Point, "sweep", word)
	}

	// containerd knows the container as long as it is not removed.
	app.Stop()
	for _, word := range []string{app.ID(), app.ID()[:12]} {
		r := requireAnswer(t, 0, "stopped", 0, "", "", "sweep", word)
		if r.Container != app.ID() || r.Engine != "containerd" {
			t.Errorf("sweep %s: %+v", word, r)
		}
	}
	app.Remove()
	if got := unbusy(t, "who", app.ID()); got.status != 2 || !strings.Contains(got.stderr, "neither a container") {
		t.Errorf("who of a removed container: %+v", got)
	}
	requireAnswer(t, 1, "running", 3, "left", "the container is running", "sweep", pod.ID())
	requirePoints(t, agent, all, 3)

	pod.Stop()
	shm := of(own, "/shm")
	requirePoints(t, agent, shm, 1)
	for _, word := range []string{pod.ID(), pod.ID()[:12], shm[0].Point, filepath.Dir(shm[0].Point)} {
		requireAnswer(t, 1, "stopped", 1, "", "", "who", word)
		requireAnswer(t, 0, "stopped", 1, "would-detach", "", "sweep", "--dry-run", word)
	}
	requireAnswer(t, 0, "stopped", 1, "detached", "", "sweep", pod.ID()[:12])
	requirePoints(t, agent, all, 0)
	pod.Remove()
	if got := unbusy(t, "sweep", pod.ID()); got.status != 2 || strings.Count(got.stderr, "\n") != 1 {
		t.Errorf("sweep of a removed pod: %+v", got)
	}
}
