package sweep

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// podman is Debian's podman with its runc, alone or behind unbusy.
type podman struct {
	*host.Podman
	*observer
	h       *host.Host
	runtime string // "runc" or "unbusy"
}

// newPodman prepares it.
func newPodman(t *testing.T, runtime, namespaces string, options ...host.PodmanOption) *podman {
	t.Helper()
	h := host.New(t)
	runc := h.Debian("runc", "runc")
	known := len(events(t))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the record: %s", events(t)[known:])
		}
	})
	// podman takes some of a runtime's abilities from its name.
	binary := filepath.Join(h.Dir("bin"), "runc")
	p := &podman{observer: newObserver(t, h), h: h, runtime: runtime}
	if runtime == "unbusy" {
		p.front(binary, wrapper(t))
	} else {
		p.front(binary, runc)
	}
	p.Podman = h.Podman(append(options, host.PodmanRuntime(binary))...)
	const root = "[[roots]]\nengine = \"podman\"\npath = %q\n"
	h.UnbusyConfig(fmt.Sprintf("runtime = %q\nlog = \"none\"\n%s\nnamespaces = %q\n"+root+root,
		runc, patient, namespaces, p.GraphRoot(), p.RunRoot()))
	p.Image()
	return p
}

// eachPodman tells a story in the ways of runtimeWays.
func eachPodman(t *testing.T, story func(t *testing.T, p *podman), options ...host.PodmanOption) {
	t.Helper()
	for _, way := range runtimeWays(t.Name() == "TestPodmanStop") {
		t.Run(way.String(), func(t *testing.T) {
			story(t, newPodman(t, way.runtime, way.namespaces, options...))
		})
	}
}

// agent is one from before, with private copies of everything.
func (p *podman) agent() *host.Process {
	p.t.Helper()
	agent := p.h.Start("unshare", "--mount", "--propagation", "private", "sh", "-c", "echo it is there; read end")
	p.watch(agent.Pid())
	return agent
}

// mounts are what podman has mounted for a container: its root file system, if
// it has a mount of its own, and its shared memory, if it does not have
// another's.
func (p *podman) mounts(id string) []observe.Mount {
	p.t.Helper()
	merged := strings.TrimSpace(p.Podman.Podman("inspect", "--format", "{{.GraphDriver.Data.MergedDir}}", id))
	var found []observe.Mount
	for _, point := range []string{merged, filepath.Join(p.GraphRoot(), "overlay-containers", id, "userdata/shm")} {
		m, there, err := observe.At(point)
		if err != nil {
			p.t.Fatal(err)
		}
		if there {
			found = append(found, m)
		}
	}
	return found
}

// requireSwept fails unless an agent had what podman had mounted for a container
// after the runtime deleted that, under the runtime alone, and nothing of it
// behind unbusy.
func (p *podman) requireSwept(id string, mounts []observe.Mount) {
	p.t.Helper()
	if len(mounts) == 0 {
		p.t.Fatal("podman has mounted nothing: there is nothing to show")
	}
	var points []string
	for _, m := range mounts {
		points = append(points, m.Point)
	}
	for point, held := range p.saw(id, points...) {
		if held != (p.runtime == "runc") {
			p.t.Errorf("%s is held by the agent: %v", point, held)
		}
	}
}

// exec runs a command in a container and returns what it prints.
func (p *podman) exec(name string, args ...string) string {
	p.t.Helper()
	return strings.TrimSpace(p.Podman.Podman(append([]string{"exec", name}, args...)...))
}
