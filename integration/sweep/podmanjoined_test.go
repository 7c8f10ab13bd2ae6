package sweep

import (
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/observe"
)

// TestPodmanJoined ends a container that has another one's shared memory and
// network: they are not its own.
func TestPodmanJoined(t *testing.T) {
	eachPodman(t, func(t *testing.T, p *podman) {
		ownerID := p.Run("owner", "--ipc", "shareable")
		owner := p.mounts(ownerID)
		if len(owner) != 2 {
			t.Fatalf("of the owner's mounts there are only %v", owner)
		}
		joinedID := p.Run("joined", "--ipc", "container:owner", "--network", "container:owner")
		joined := p.mounts(joinedID)
		agent := p.agent()
		requireHeld(t, agent.Pid(), append(owner, joined...))
		p.Podman.Podman("stop", "--time", "0", "joined")
		p.requireSwept(joinedID, joined)
		requireHeld(t, agent.Pid(), owner)
		if got := p.exec("owner", "sh", "-c", "echo shared >/dev/shm/x && cat /dev/shm/x"); got != "shared" {
			t.Errorf("the owner says %q", got)
		}
		p.Podman.Podman("stop", "--time", "0", "owner")
		p.requireSwept(ownerID, owner)
	})
}

// TestPodmanPod ends the containers of a pod one after the other.
func TestPodmanPod(t *testing.T) {
	eachPodman(t, func(t *testing.T, p *podman) {
		p.Pod("pod")
		firstID, secondID := p.Run("first", "--pod", "pod"), p.Run("second", "--pod", "pod")
		infraID := strings.TrimSpace(p.Podman.Podman("pod", "inspect", "--format", "{{.InfraContainerID}}", "pod"))
		first, second, infra := p.mounts(firstID), p.mounts(secondID), p.mounts(infraID)
		agent := p.agent()
		for _, mounts := range [][]observe.Mount{first, second, infra} {
			requireHeld(t, agent.Pid(), mounts)
		}
		p.Podman.Podman("stop", "--time", "0", "first")
		p.requireSwept(firstID, first)
		requireHeld(t, agent.Pid(), append(second, infra...))
		if got := p.exec("second", "sh", "-c", "echo shared >/dev/shm/x && cat /dev/shm/x"); got != "shared" {
			t.Errorf("the second one says %q", got)
		}
		p.Podman.Podman("pod", "stop", "--time", "0", "pod")
		p.requireSwept(secondID, second)
		p.requireSwept(infraID, infra)
	})
}
