package incidents

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
)

// The engine's directory is a private mount, as containers/storage and old versions
// of Docker make theirs. An agent gets the host's unmounts, but none that happen
// below such a mount: what pods have there stays in the agent, and they cannot be
// removed on RHEL 7's kernel.
func TestPrivateHome(t *testing.T) {
	tell(t, func(t *testing.T, w way) bool {
		n := newNode(t, w)
		state := n.h.Dir("containerd", "state")
		if err := unix.Mount(state, state, "", unix.MS_BIND, ""); err != nil {
			t.Fatal(err)
		}
		if err := unix.Mount("", state, "", unix.MS_PRIVATE, ""); err != nil {
			t.Fatal(err)
		}
		c := n.containerd(host.Version("1.6"), host.UnderOldRule())
		pods := cri.Containerd(t, c)
		victim := pods.Pod("victim", cri.Under(n.handler()), cri.HostNetwork())
		agentPod := pods.Pod("agent", cri.Under(n.agentHandler()), cri.HostNetwork())
		agent := agentPod.Run("agent", cri.Mount(&runtime.Mount{
			HostPath: "/", ContainerPath: "/host", Propagation: runtime.MountPropagation_PROPAGATION_HOST_TO_CONTAINER,
		}))
		shm := filepath.Join(state, "io.containerd.grpc.v1.cri/sandboxes", victim.ID(), "shm")
		requireHolds(t, agent.Pid(), "/host"+shm)
		still := n.keeps(agent.Pid(), victim.ID())

		n.foretold(because("private-mount-over-root", state, "containerd"))
		victim.Stop()
		err := victim.TryRemove()
		averted := err == nil
		if !averted {
			requireError(t, err, "unlinkat "+shm+": device or resource busy")
			requireHolds(t, agent.Pid(), "/host"+shm)
			n.requireCauses(because("private-mount-over-root", state, "mount --make-shared "+state), because("lingering-mount", agent.ID(), victim.ID()))
			n.repair(victim.ID(), "private", "/host"+shm, agent.ID()[:12])
			if err := victim.TryRemove(); err != nil {
				t.Errorf("after unbusy sweep: %v", err)
			}
		}
		if host.IsMounted(t, agent.Pid(), "/host"+shm) {
			t.Error("the agent holds the pod's shared memory")
		}
		still()
		return averted
	})
}
