package incidents

import (
	"path/filepath"
	"strings"

	"github.com/unbusy/unbusy/integration/host"
)

// nodeDocker is Debian's dockerd on a node.
type nodeDocker struct {
	*host.Dockerd
	n *node
}

// dockerd starts dockerd, with unbusy-runtime for its runtime if it is there.
func (n *node) dockerd() nodeDocker {
	n.t.Helper()
	options := []host.DockerdOption{host.DockerInRun()}
	if n.w.unbusy {
		options = append(options, host.DockerRuntime("unbusy", program(n.t, "unbusy-runtime")))
	}
	return nodeDocker{n.h.Dockerd(options...), n}
}

// inspect is what docker says of a container, by a template.
func (d nodeDocker) inspect(container, format string) string {
	d.n.t.Helper()
	return strings.TrimSpace(d.Docker("inspect", "--format", format, container))
}

// merged is where a container's root file system is mounted.
func (d nodeDocker) merged(container string) string {
	d.n.t.Helper()
	return d.inspect(container, "{{.GraphDriver.Data.MergedDir}}")
}

// stop kills a container and leaves it to be started again.
func (d nodeDocker) stop(container string) {
	d.n.t.Helper()
	d.Docker("stop", "--time", "0", container)
}

// shm is where a container's shared memory is mounted, by the container's id.
func (d nodeDocker) shm(id string) string {
	return filepath.Join(d.DataRoot(), "containers", id, "mounts/shm")
}
