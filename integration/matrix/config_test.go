package matrix

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
)

// TestConfig starts containerd with every version of the configuration file that
// it makes sense of. That it has taken notice of the runtimes shows in the shim
// of a pod, which is not the one in its PATH; and of CNI in the pod's network.
func TestConfig(t *testing.T) {
	everyVersion(t, func(t *testing.T, version string) {
		for _, config := range host.ConfigVersions(version) {
			t.Run(fmt.Sprintf("config %d", config), func(t *testing.T) {
				h := host.New(t)
				h.UnbusyConfig(host.Patient)
				other := filepath.Join(h.Dir("bin"), "containerd-shim-other")
				copyProgram(t, h.StockShim(version), other)
				c := h.Containerd(host.Version(version), host.ConfigVersion(config), host.PodNetwork(),
					host.Runtime("other", "", host.Shim(other)))
				pod := cri.Containerd(t, c).Pod("any", cri.Under("runc"))
				requireProgram(t, "pod", c.ShimOf(pod.ID()), h.StockShim(version))
				if n := mountsOf(t)["netns"]; n != 1 {
					t.Errorf("the pod has %d network namespaces", n)
				}
			})
		}
	})
}
