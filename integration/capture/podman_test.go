package capture

import (
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/pkg/spec"
)

// podman has podman run containers.
func podman(t *testing.T, r recorders) []container {
	t.Helper()
	n := r.before(t, r.h.Debian("runc", "runc"))
	p := r.h.Podman(host.PodmanRuntime(n.runtime))
	data := r.h.Dir("data")

	var all []container
	add := func(name, id string, changed bind) {
		c := container{name: "podman-" + p.Version() + "-" + name, id: id, notes: n, changed: changed}
		if !c.ordinary() {
			c.pid = number(t, p.Podman("inspect", "--format", "{{.State.Pid}}", c.id))
		}
		all = append(all, c)
	}
	unchanged := bind{}
	add("plain", p.Run("plain"), unchanged)
	add("volume", p.Run("volume", "--volume", "data:/data"), unchanged)
	add("directory", p.Run("directory", "--volume", data+":/data"), unchanged)
	add("tmpfs", p.Run("tmpfs", "--tmpfs", "/scratch:size=1m"), unchanged)
	add("read-only", p.Run("read-only", "--read-only"), unchanged)
	add("network-host", p.Run("network-host", "--network", "host", "--hostname", "node"), unchanged)
	add("privileged", p.Run("privileged", "--privileged"), unchanged)

	pod := p.Pod("pod", "--infra-name", "infra")
	add("pod-container", p.Run("member", "--pod", pod), unchanged)
	add("pod-infra", line(p.Podman("inspect", "--format", "{{.Id}}", "infra")), unchanged)

	add("root-slave", p.Run("root-slave", "--volume", "/:/host:rslave"), unchanged)
	add("root", p.Run("root", "--volume", "/:/host"), bind{"/", "/host"})

	for _, c := range all {
		knows(t, c,
			spec.Area{Root: p.GraphRoot(), Owner: "overlay/*"},
			spec.Area{Root: p.GraphRoot(), Owner: "overlay-containers/*"},
		)
	}
	return all
}
