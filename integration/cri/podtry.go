package cri

import (
	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// TryStop is Stop for what may fail.
func (p *Pod) TryStop() error {
	_, err := try(p.e.runtime.StopPodSandbox, &runtime.StopPodSandboxRequest{PodSandboxId: p.id})
	return err
}

// TryRemove is Remove for what may fail.
func (p *Pod) TryRemove() error {
	_, err := try(p.e.runtime.RemovePodSandbox, &runtime.RemovePodSandboxRequest{PodSandboxId: p.id})
	return err
}

// TryStatus asks the engine for the state of the pod and returns what it says if it
// cannot tell.
func (p *Pod) TryStatus() error {
	_, err := try(p.e.runtime.PodSandboxStatus, &runtime.PodSandboxStatusRequest{PodSandboxId: p.id})
	return err
}
