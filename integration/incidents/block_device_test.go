package incidents

import (
	"path/filepath"
	"strconv"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// An agent has the host's root directory with all that is mounted below, a storage
// driver's volume among it. Unmounting the volume goes well, and its device stays
// busy: it cannot be detached, formatted or given to another node.
func TestBlockDevice(t *testing.T) {
	tell(t, func(t *testing.T, w way) bool {
		n := newNode(t, w)
		c := n.containerd()
		volume := n.h.Volume("pvc")
		at := filepath.Join(kubeletRoot, "plugins/kubernetes.io/csi/driver.example.com/0f1e2d/globalmount")
		volume.Mount(at)
		agent := c.Run("agent", host.Under(n.agentHandler()), host.Bind("/", "/host", "rbind", "rprivate"))
		requireHolds(t, agent.Pid(), "/host"+at)
		still := n.keeps(agent.Pid(), at)
		n.foretold(because("container-holds-others", "agent", "a private copy of / at /host", "with rslave"))
		volume.Unmount(at)

		averted := !n.busy(volume)
		if !averted {
			requireHolds(t, agent.Pid(), "/host"+at)
			n.repair(volume.Device(), "private", "/host"+at, strconv.Itoa(agent.Pid()))
			if n.busy(volume) {
				t.Error("after unbusy sweep the device is busy")
			}
		}
		still()
		return averted
	})
}

// busy asks the kernel whether the device of a volume is in use.
func (n *node) busy(v *host.Volume) bool {
	n.t.Helper()
	busy, err := observe.Busy(v.Device())
	if err != nil {
		n.t.Fatal(err)
	}
	return busy
}
