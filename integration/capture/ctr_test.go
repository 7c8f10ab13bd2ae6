package capture

import (
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/pkg/spec"
)

// ctr has containerd run containers as its own client specifies them.
func ctr(t *testing.T, r recorders) []container {
	t.Helper()
	n := r.before(t, runc(t))
	c := r.h.Containerd(host.Runtime("recorded", n.runtime))
	data := r.h.Dir("data")

	var all []container
	run := func(name string, changed bind, options ...host.ContainerOption) {
		k := c.Run(name, options...)
		all = append(all, container{name: containerd + "-ctr-" + name, id: k.ID(), pid: k.Pid(), notes: n, changed: changed})
	}
	unchanged := bind{}
	run("plain", unchanged)
	run("directory", unchanged, host.Bind(data, "/data", "rbind", "rw"))
	run("root-slave", unchanged, host.Bind("/", "/host", "rbind", "rslave"))
	run("root", bind{"/", "/host"}, host.Bind("/", "/host", "rbind", "ro"))

	for _, k := range all {
		knows(t, k, bundles(c))
	}
	return all
}

// containerd is the pinned set of tools, family and version.
const containerd = "containerd-2.4"

// bundles is the mount area with the root file systems of a containerd's
// containers. Nothing is mounted below its root, so from the mount table that
// is not known.
func bundles(c *host.Containerd) spec.Area {
	return spec.Area{Root: c.State(), Owner: "io.containerd.runtime.v2.task/*/*"}
}
