package doctorengines

import (
	"testing"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
)

// TestAgents has containers that bind the host, under runc and under unbusy.
func TestAgents(t *testing.T) {
	h := host.New(t)
	// Docker itself takes care of binds over its data root, and of no others.
	d := h.Dockerd(host.DockerInRun(), host.DockerRuntime("unbusy", host.Program(t, "unbusy-runtime")))
	d.Run("victim", "--network", "none")
	plain := d.Run("plain", "--network", "none", "--runtime", "runc", "--volume", "/run:/host", "--volume", h.Dir("data")+":/data")
	slave := d.Run("slave", "--network", "none", "--runtime", "runc", "--volume", "/run:/host:rslave")
	kept := d.Run("kept", "--network", "none", "--runtime", "runc", "--volume", "/run:/all:ro")
	d.Run("ours", "--network", "none", "--volume", "/run:/host")
	found := require(t, "containers", "container plain ("+plain[:12]+") of docker", "container-holds-others")
	mentions(t, found[0].Evidence, "/run at /host,")
	mentions(t, found[0].Fix, "mounts /host with rslave instead of rprivate")
	found = require(t, "containers", "container kept ("+kept[:12]+") of docker", "container-holds-others")
	mentions(t, found[0].Fix, "mounts /all with rslave")
	require(t, "containers", slave[:12])
	require(t, "containers", "container ours")
	require(t, "containers", "container victim")

	// As the configuration has it.
	h.UnbusyConfig("rewrite_read_only = false\n")
	found = require(t, "containers", "container kept ("+kept[:12]+") of docker", "container-holds-others")
	mentions(t, found[0].Fix, "unbusy leaves it as it is (read-only binds are configured to stay)")
}

// TestContainerdAgent has a container of containerd's that binds the host.
func TestContainerdAgent(t *testing.T) {
	h := host.New(t)
	c := h.Containerd(host.Runtime("unbusy", host.Program(t, "unbusy-runtime")))
	c.Run("agent-plain", host.Under("runc"), host.Bind("/", "/host", "rbind", "rprivate"))
	c.Run("agent-ours", host.Bind("/", "/host", "rbind", "rprivate"))
	found := require(t, "containers", "agent-plain", "container-holds-others")
	mentions(t, found[0].Evidence, "of containerd (pid ", "/ at /host")
	require(t, "containers", "agent-ours")
}

// TestPodmanAgent has a container of podman's that binds the host.
func TestPodmanAgent(t *testing.T) {
	h := host.New(t)
	p := h.Podman()
	id := p.Run("agent", "--network", "none", "--volume", "/:/host", "--ulimit", "nofile=1024:20000", "--ulimit", "nproc=1024:4096")
	found := require(t, "containers", id[:12], "container-holds-others")
	mentions(t, found[0].Evidence, "of podman", "/ at /host")
	p.Podman("kill", "agent")
	p.Podman("wait", "agent")
	require(t, "containers", id[:12])
}

// TestPodAgent has a pod with the host's root as a volume, under runc and under
// unbusy.
func TestPodAgent(t *testing.T) {
	h := host.New(t)
	c := h.Containerd(host.PodNetwork(), host.Runtime("unbusy", host.Program(t, "unbusy-runtime")))
	engine := cri.Containerd(t, c)
	for _, runtime := range []string{"runc", "unbusy"} {
		engine.Pod("agent-"+runtime, cri.Under(runtime), cri.HostNetwork()).Run("app", cri.HostPath("/", "/host"))
	}
	found := require(t, "containers", "container default/agent-runc/app (", "container-holds-others")
	mentions(t, found[0].Evidence, "of containerd (pid ", "/ at /host")
	require(t, "containers", "agent-unbusy")
}
