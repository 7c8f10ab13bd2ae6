package cri

import (
	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// Ready reports whether the engine says that the pod runs.
func (p *Pod) Ready() bool {
	p.e.t.Helper()
	response := call(p.e.t, "look at pod", p.e.runtime.PodSandboxStatus, &runtime.PodSandboxStatusRequest{PodSandboxId: p.id})
	return response.GetStatus().GetState() == runtime.PodSandboxState_SANDBOX_READY
}

// Running reports whether the engine says that the container runs.
func (k *Container) Running() bool {
	k.p.e.t.Helper()
	response := call(k.p.e.t, "look at container", k.p.e.runtime.ContainerStatus, &runtime.ContainerStatusRequest{ContainerId: k.id})
	return response.GetStatus().GetState() == runtime.ContainerState_CONTAINER_RUNNING
}

// TryStop is Stop for what may fail, and for a goroutine that is not the test's.
func (k *Container) TryStop() error {
	_, err := try(k.p.e.runtime.StopContainer, &runtime.StopContainerRequest{ContainerId: k.id})
	return err
}

// Handlers are the engine's runtime handlers, and what it says that each can do.
// containerd says nothing of them before 2.0.
func (e *Engine) Handlers() map[string]*runtime.RuntimeHandlerFeatures {
	e.t.Helper()
	handlers := make(map[string]*runtime.RuntimeHandlerFeatures)
	for _, h := range call(e.t, "look at the engine", e.runtime.Status, &runtime.StatusRequest{}).GetRuntimeHandlers() {
		handlers[h.GetName()] = h.GetFeatures()
	}
	return handlers
}
