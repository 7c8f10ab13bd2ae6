package cri

import (
	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/unbusy/unbusy/integration/host"
)

// CRIO connects to CRI-O, whose storage has the image of pods and containers.
func CRIO(t host.T, c *host.CRIO) *Engine { //nolint:revive // that its name begins as the package's is chance
	t.Helper()
	return connect(t, c.Host(), c.Socket(), c.Image())
}

// OwnPIDs gives each container of the pod a process namespace of its own, as the
// kubelet does unless a pod says shareProcessNamespace.
func OwnPIDs() PodOption {
	return func(o *podOptions) {
		o.config.Linux.SecurityContext.NamespaceOptions.Pid = runtime.NamespaceMode_CONTAINER
	}
}

// Labels puts the labels on the pod by which the kubelet says whose it is. CRI-O
// hands them on to the runtime, where containerd says the same itself.
func Labels() PodOption {
	return func(o *podOptions) {
		o.config.Labels = map[string]string{
			"io.kubernetes.pod.name":      o.config.Metadata.Name,
			"io.kubernetes.pod.namespace": o.config.Metadata.Namespace,
			"io.kubernetes.pod.uid":       o.config.Metadata.Uid,
		}
	}
}
