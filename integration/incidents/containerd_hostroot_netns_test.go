package incidents

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// A pod mounts the host's root directory, and another pod cannot be stopped any
// more, which leaves it Terminating: "unlinkat /var/run/netns/cni-…: device or
// resource busy". Docker makes such mounts slaves; containerd does what it is told,
// and CRI tells it that they are private. It is RHEL 7's kernel that refuses.
func TestContainerdHostrootNetns(t *testing.T) {
	tell(t, containerdHostrootNetns(host.UnderOldRule()))
}

// TestContainerdHostrootNetnsSwitch is the same on the kernel of RHEL 7.4 or later.
// dockerd turns the switch on when it starts, and containerd does not.
func TestContainerdHostrootNetnsSwitch(t *testing.T) {
	tellOnSwitch(t, containerdHostrootNetns(host.UnderOldRuleWithSwitch(),
		because("may-detach-mounts-off", "fs.may_detach_mounts=0", "sysctl -w fs.may_detach_mounts=1")))
}

// containerdHostrootNetns is the story on one of the kernels, of which doctor says
// more.
func containerdHostrootNetns(kernel host.ContainerdOption, more ...cause) func(*testing.T, way) bool {
	return func(t *testing.T, w way) bool {
		n := newNode(t, w)
		pods := cri.Containerd(t, n.containerd(host.Version("1.6"), host.PodNetwork(), kernel))
		victim := pods.Pod("victim", cri.Under(n.handler()))
		netns := n.netns()
		name := filepath.Base(netns)
		bystander := pods.Pod("bystander", cri.Under(n.handler()), cri.HostNetwork()).Run("bystander")
		agent := pods.Pod("agent", cri.Under(n.agentHandler()), cri.HostNetwork()).Run("agent", cri.HostPath("/", "/rootfs"))
		requireHolds(t, agent.Pid(), "/rootfs"+netns)
		still := n.keeps(agent.Pid(), victim.ID(), name)

		n.foretold(append(more, because("container-holds-others", "default/agent/agent", "a private copy of / at /rootfs", "with rslave"))...)
		err := victim.TryStop()
		averted := err == nil
		if !averted {
			requireError(t, err, "failed to remove network namespace for sandbox", "netns/"+name+": device or resource busy")
			requireError(t, victim.TryStatus(), "unlinkat /var/run/netns/"+name+": device or resource busy")
			requireHolds(t, agent.Pid(), "/rootfs"+netns)
			n.requireCauses(because("container-holds-others", "default/agent/agent", "a private copy of / at /rootfs"), because("lingering-mount", agent.ID(), victim.ID()))
			n.repair(name, "private", "/rootfs"+netns, agent.ID())
			if err := victim.TryStop(); err != nil {
				t.Errorf("after unbusy sweep: stop the pod: %v", err)
			}
			// Its shared memory is held in the same way.
			n.repair(victim.ID(), "private", victim.ID()+"/shm", agent.ID())
		}
		if err := victim.TryRemove(); err != nil {
			t.Errorf("remove the pod: %v", err)
		}
		if host.IsMounted(t, agent.Pid(), "/rootfs"+netns) {
			t.Error("the agent holds the network namespace")
		}
		still()
		bystander.Exec("true")
		return averted
	}
}

// netns is where the network namespace is mounted of the only pod that has one.
func (n *node) netns() string {
	n.t.Helper()
	table, err := observe.Mounts(0)
	if err != nil {
		n.t.Fatal(err)
	}
	for _, m := range table {
		if m.FSType == "nsfs" && strings.HasPrefix(m.Point, "/run/netns/cni-") {
			return m.Point
		}
	}
	n.t.Fatal("no pod has a network namespace")
	return ""
}
