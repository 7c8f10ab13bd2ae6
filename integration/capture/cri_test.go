package capture

import (
	"slices"
	"testing"

	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/pkg/spec"
)

// pods has containerd run containers as the kubelet asks for them.
func pods(t *testing.T, r recorders) []container {
	t.Helper()
	n := r.before(t, runc(t))
	c := r.h.Containerd(host.PodNetwork(), host.Runtime("recorded", n.runtime))
	k := kubelet{t: t, h: r.h, root: r.h.Dir("kubelet")}
	volumes := k.volumes()
	pod := cri.Containerd(t, c).Pod("pod", cri.UID(podUID))

	var all []container
	run := func(name string, changed bind, options ...cri.ContainerOption) {
		k := pod.Run(name, options...)
		all = append(all, container{name: containerd + "-cri-" + name, id: k.ID(), pid: k.Pid(), notes: n, changed: changed})
	}
	unchanged := bind{}
	all = append(all, container{name: containerd + "-cri-sandbox", id: pod.ID(), notes: n})
	run("app", unchanged, func(config *runtime.ContainerConfig) { config.Mounts = slices.Clone(volumes) })
	run("root-slave", unchanged, cri.Mount(&runtime.Mount{
		HostPath: "/", ContainerPath: "/host", Readonly: true, Propagation: runtime.MountPropagation_PROPAGATION_HOST_TO_CONTAINER,
	}))
	run("root", bind{"/", "/host"}, cri.HostPath("/", "/host"))
	run("kubelet", bind{k.root, "/kubelet"}, cri.HostPath(k.root, "/kubelet"))

	for _, k := range all {
		knows(t, k, bundles(c), spec.Area{Root: r.h.Dir("kubelet"), Owner: "pods/*"})
	}
	return all
}
