package cri

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// Pod is a running pod sandbox.
type Pod struct {
	e      *Engine
	id     string
	config *runtime.PodSandboxConfig
}

// PodOption changes how a pod is made.
type PodOption func(*podOptions)

type podOptions struct {
	handler string
	config  *runtime.PodSandboxConfig
}

// Under runs the pod under one of the engine's runtime handlers, by name.
func Under(handler string) PodOption {
	return func(o *podOptions) { o.handler = handler }
}

// UID is the pod's unique id, which its directory below the kubelet's is named
// after. Without it the name is the id.
func UID(uid string) PodOption {
	return func(o *podOptions) { o.config.Metadata.Uid = uid }
}

// HostNetwork leaves the pod in the engine's network namespace. Without it, the
// pod gets one of its own, with an address on a bridge.
func HostNetwork() PodOption {
	return func(o *podOptions) {
		o.config.Linux.SecurityContext.NamespaceOptions.Network = runtime.NamespaceMode_NODE
		o.config.Hostname = "" // is the host's
	}
}

// PodAnnotation puts an annotation on the pod.
func PodAnnotation(key, value string) PodOption {
	return func(o *podOptions) { o.config.Annotations[key] = value }
}

// Pod runs a pod sandbox. It is stopped and removed with the test, and its
// containers with it.
func (e *Engine) Pod(name string, opts ...PodOption) *Pod {
	e.t.Helper()
	o := podOptions{config: &runtime.PodSandboxConfig{
		Metadata:     &runtime.PodSandboxMetadata{Name: name, Namespace: "default", Uid: name},
		Hostname:     name,
		LogDirectory: e.h.Dir("logs", name),
		// The engine would copy /etc/resolv.conf, which need not exist.
		DnsConfig:   &runtime.DNSConfig{Servers: []string{"127.0.0.1"}},
		Annotations: map[string]string{},
		Linux: &runtime.LinuxPodSandboxConfig{
			CgroupParent: e.h.Cgroup("pod-" + name),
			SecurityContext: &runtime.LinuxSandboxSecurityContext{
				NamespaceOptions: &runtime.NamespaceOption{},
			},
		},
	}}
	for _, opt := range opts {
		opt(&o)
	}
	response := call(e.t, "run pod "+name, e.runtime.RunPodSandbox,
		&runtime.RunPodSandboxRequest{Config: o.config, RuntimeHandler: o.handler})
	p := &Pod{e: e, id: response.PodSandboxId, config: o.config}
	e.t.Cleanup(func() {
		// Both may have happened already: they succeed again, except that 1.6
		// stops no pod that is gone.
		_, err := try(e.runtime.StopPodSandbox, &runtime.StopPodSandboxRequest{PodSandboxId: p.id})
		if err == nil {
			_, err = try(e.runtime.RemovePodSandbox, &runtime.RemovePodSandboxRequest{PodSandboxId: p.id})
		}
		if err != nil && status.Code(err) != codes.NotFound {
			e.t.Errorf("clean up pod %s: %v", name, err)
		}
	})
	return p
}

// ID is what the engine calls the sandbox.
func (p *Pod) ID() string { return p.id }

// Stop stops the pod: its containers, its network and the sandbox.
func (p *Pod) Stop() {
	p.e.t.Helper()
	call(p.e.t, "stop pod", p.e.runtime.StopPodSandbox, &runtime.StopPodSandboxRequest{PodSandboxId: p.id})
}

// Remove removes the stopped pod.
func (p *Pod) Remove() {
	p.e.t.Helper()
	call(p.e.t, "remove pod", p.e.runtime.RemovePodSandbox, &runtime.RemovePodSandboxRequest{PodSandboxId: p.id})
}
