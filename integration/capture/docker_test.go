package capture

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/pkg/spec"
)

// docker has dockerd run containers.
func docker(t *testing.T, r recorders) []container {
	t.Helper()
	n := r.before(t, r.h.Debian("runc", "runc"))
	d := r.h.Dockerd(host.DockerRuntime("recorded", n.runtime))
	d.Docker("volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "memory")
	data := r.h.Dir("data")

	var all []container
	run := func(name string, changed bind, options ...string) {
		c := container{name: "docker-" + d.Version() + "-" + name, id: d.Run(name, options...), notes: n, changed: changed}
		if !c.ordinary() {
			c.pid = number(t, d.Docker("inspect", "--format", "{{.State.Pid}}", c.id))
		}
		all = append(all, c)
	}
	unchanged := bind{}
	run("plain", unchanged)
	run("volume", unchanged, "--volume", "data:/data")
	run("volume-with-options", unchanged, "--volume", "memory:/data")
	run("directory", unchanged, "--volume", data+":/data")
	run("socket", unchanged, "--volume", d.Socket()+":/var/run/docker.sock")
	run("tmpfs", unchanged, "--tmpfs", "/scratch:size=1m")
	run("read-only", unchanged, "--read-only")
	run("network-none", unchanged, "--network", "none")
	// The name would be the machine's.
	run("network-host", unchanged, "--network", "host", "--hostname", "node")
	run("ipc-shareable", unchanged, "--ipc", "shareable")
	run("ipc-and-pid-host", unchanged, "--ipc", "host", "--pid", "host")
	// dockerd itself makes these rslave, because its data root is below.
	run("root", unchanged, "--volume", "/:/host")
	run("root-read-only", unchanged, "--volume", "/:/host:ro")
	run("root-shared", unchanged, "--volume", "/:/host:rshared")
	// Its exec root is not. In the box /run is the box's own.
	run("exec-root", bind{d.ExecRoot(), "/exec"}, "--volume", d.ExecRoot()+":/exec")
	run("run", bind{"/run", "/host/run"}, "--volume", "/run:/host/run:ro,rprivate")

	for _, c := range all {
		knows(t, c,
			spec.Area{Root: d.DataRoot(), Owner: "overlay2/*"},
			spec.Area{Root: d.DataRoot(), Owner: "containers/*"},
			spec.Area{Root: filepath.Join(d.ExecRoot(), "containerd/daemon"), Owner: "io.containerd.runtime.v2.task/*/*"},
			spec.Area{Root: d.ExecRoot(), Owner: "netns/*"},
		)
	}
	return all
}

// number is the number that a command printed.
func number(t *testing.T, out string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(out))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
