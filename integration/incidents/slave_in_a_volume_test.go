package incidents

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/unbusy/unbusy/integration/cri"
)

// A log agent gets the host's unmounts, as it should, and reads a file in a pod's
// volume. The pod ends, and the kubelet cannot unmount the volume: "target is busy".
// Making agents slaves is not enough.
func TestSlaveInAVolume(t *testing.T) {
	tell(t, func(t *testing.T, w way) bool {
		n := newNode(t, w)
		pods := cri.Containerd(t, n.containerd())
		const uid = "3f0c5a1e-0000-4000-8000-0123456789ab"
		volume := n.h.Volume("pvc")
		at := filepath.Join(kubeletRoot, "pods", uid, "volumes/kubernetes.io~csi/pvc/mount")
		volume.Mount(at)
		file := filepath.Join(at, "log")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		victim := pods.Pod("victim", cri.Under(n.handler()), cri.UID(uid), cri.HostNetwork())
		app := victim.Run("app", cri.HostPath(at, "/data"))
		agentPod := pods.Pod("agent", cri.Under(n.agentHandler()), cri.HostNetwork())
		agent := agentPod.Run("agent", cri.Mount(&runtime.Mount{
			HostPath: "/", ContainerPath: "/host", Propagation: runtime.MountPropagation_PROPAGATION_HOST_TO_CONTAINER,
		}))
		reader := n.h.Start("nsenter", "--target", strconv.Itoa(agent.Pid()), "--mount",
			"sh", "-ec", "exec 3</host"+file+"; echo it is open; read end")
		requireHolds(t, agent.Pid(), "/host"+at)
		still := n.keeps(agent.Pid(), at, victim.ID(), app.ID())
		n.foretold(because("copy-in-use", strconv.Itoa(reader.Pid()), at, "target is busy"))
		victim.Stop()

		err := volume.TryUnmount(at)
		averted := err == nil
		if !averted {
			if !errors.Is(err, unix.EBUSY) {
				t.Errorf("unmount the volume: %v, want %v", err, unix.EBUSY)
			}
			requireHolds(t, agent.Pid(), "/host"+at)
			n.requireCauses(because("copy-in-use", strconv.Itoa(reader.Pid()), at, "close its files"))
			n.requireHolder(at, "slave", "/host"+at, agent.ID())
			n.requireLeft(at, "slave", "/host"+at)
		}
		reader.End()
		if !averted {
			volume.Unmount(at)
		}
		if n.busy(volume) {
			t.Error("the device of the unmounted volume is busy")
		}
		still()
		return averted
	})
}
