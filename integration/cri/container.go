package cri

import (
	"encoding/json"
	"fmt"

	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// Container is a running container of a pod.
type Container struct {
	p   *Pod
	id  string
	pid int
}

// ContainerOption changes how a container is made.
type ContainerOption func(*runtime.ContainerConfig)

// HostPath mounts a directory of the host, with no propagation between the host
// and the container: what a volume of type hostPath is if nothing else is said.
func HostPath(source, destination string) ContainerOption {
	return Mount(&runtime.Mount{HostPath: source, ContainerPath: destination})
}

// Mount adds any mount that the CRI can express.
func Mount(m *runtime.Mount) ContainerOption {
	return func(c *runtime.ContainerConfig) { c.Mounts = append(c.Mounts, m) }
}

// Annotation puts an annotation on the container.
func Annotation(key, value string) ContainerOption {
	return func(c *runtime.ContainerConfig) { c.Annotations[key] = value }
}

// Privileged makes the container privileged, as agents often are.
func Privileged() ContainerOption {
	return func(c *runtime.ContainerConfig) { c.Linux.SecurityContext.Privileged = true }
}

// Run runs a container in the pod.
func (p *Pod) Run(name string, opts ...ContainerOption) *Container {
	p.e.t.Helper()
	config := &runtime.ContainerConfig{
		Metadata:    &runtime.ContainerMetadata{Name: name},
		Image:       &runtime.ImageSpec{Image: p.e.image, UserSpecifiedImage: p.e.image},
		LogPath:     name + ".log",
		Annotations: map[string]string{},
		Linux: &runtime.LinuxContainerConfig{
			SecurityContext: &runtime.LinuxContainerSecurityContext{
				NamespaceOptions: p.config.Linux.SecurityContext.NamespaceOptions,
			},
		},
	}
	for _, opt := range opts {
		opt(config)
	}
	created := call(p.e.t, "create container "+name, p.e.runtime.CreateContainer,
		&runtime.CreateContainerRequest{PodSandboxId: p.id, Config: config, SandboxConfig: p.config})
	k := &Container{p: p, id: created.ContainerId}
	call(p.e.t, "start container "+name, p.e.runtime.StartContainer,
		&runtime.StartContainerRequest{ContainerId: k.id})
	status := call(p.e.t, "look at container "+name, p.e.runtime.ContainerStatus,
		&runtime.ContainerStatusRequest{ContainerId: k.id, Verbose: true})
	var info struct{ Pid int }
	if err := json.Unmarshal([]byte(status.Info["info"]), &info); err != nil || info.Pid == 0 {
		p.e.t.Fatalf("look at container %s: %v", name, fmt.Errorf("no pid in %v: %w", status.Info, err))
	}
	k.pid = info.Pid
	return k
}

// ID is what the engine calls the container.
func (k *Container) ID() string { return k.id }

// Pid is the pid of the container's first process.
func (k *Container) Pid() int { return k.pid }

// Exec runs a command in the container and returns its standard output.
func (k *Container) Exec(args ...string) string {
	k.p.e.t.Helper()
	response := call(k.p.e.t, "execute in container", k.p.e.runtime.ExecSync,
		&runtime.ExecSyncRequest{ContainerId: k.id, Cmd: args})
	if response.ExitCode != 0 {
		k.p.e.t.Fatalf("execute %v in container: exit status %d: %s", args, response.ExitCode, response.Stderr)
	}
	return string(response.Stdout)
}

// Stop kills the container.
func (k *Container) Stop() {
	k.p.e.t.Helper()
	call(k.p.e.t, "stop container", k.p.e.runtime.StopContainer, &runtime.StopContainerRequest{ContainerId: k.id})
}

// Remove removes the stopped container.
func (k *Container) Remove() {
	k.p.e.t.Helper()
	call(k.p.e.t, "remove container", k.p.e.runtime.RemoveContainer, &runtime.RemoveContainerRequest{ContainerId: k.id})
}
