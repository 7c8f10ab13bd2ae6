package cli

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestNoEngine has a machine on which no engine runs: whose mounts are in use is
// not known there, and nothing is detached until one does.
func TestNoEngine(t *testing.T) {
	m := host.New(t).Machine()
	m.InstallUnbusy()
	m.Write("/etc/unbusy/config.toml", "[[roots]]\nengine = \"docker\"\npath = \"/srv/docker\"\n")
	merged := "/srv/docker/overlay2/" + layer + "/merged"
	m.Run("sh", "-ec", `mkdir -p "$1"; mount -t tmpfs layer "$1"; mount --make-private "$1"`, "sh", merged)
	m.Unit("agent.service", "[Service]\nType=exec\nExecStart=/usr/bin/unshare --mount --propagation private sleep infinity\n")
	m.Run("systemctl", "start", "agent")
	agent := m.MainPID("agent")
	host.Await(t, "the agent to have its own mounts", func() bool {
		return namespaceOf(t, agent) != namespaceOf(t, m.Init())
	})
	m.Run("umount", merged)

	sweep := func() (string, int) {
		out, err := m.Try("unbusy", "sweep", layer)
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return out + err.Error(), exit.ExitCode()
		}
		if err != nil {
			t.Fatal(err)
		}
		return out, 0
	}
	held := func() bool {
		// grep fails as well when a process ends before it is looked at.
		return strings.Contains(m.Run("sh", "-c", "grep "+layer+" /proc/*/mountinfo || :"), merged)
	}
	if out, status := sweep(); status == 0 || !strings.Contains(out, "no container engine") || !held() {
		t.Errorf("without an engine: status %d, held %v: %s", status, held(), out)
	}
	m.Run("cp", "/bin/sleep", "/usr/local/bin/dockerd")
	m.Unit("docker.service", "[Service]\nType=exec\nExecStart=/usr/local/bin/dockerd infinity\n")
	m.Run("systemctl", "start", "docker")
	if out, status := sweep(); status != 0 || !strings.Contains(out, "detached") || held() {
		t.Errorf("with an engine: status %d, held %v: %s", status, held(), out)
	}
}
