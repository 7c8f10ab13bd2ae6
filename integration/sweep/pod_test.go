package sweep

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// eachPodWay tells a story of pods in the ways of runtimeWays, with an engine
// whose kubelet has the directory /run/kubelet.
func eachPodWay(t *testing.T, story func(t *testing.T, e *engine, pods *cri.Engine, runtime string)) {
	t.Helper()
	for _, way := range runtimeWays(t.Name() == "TestPodFromBefore") {
		t.Run(way.String(), func(t *testing.T) {
			e := newEngine(t, way.namespaces, "[[roots]]\nengine = \"kubelet\"\npath = \"/run/kubelet\"\n", host.PodNetwork())
			story(t, e, cri.Containerd(t, e.c), way.runtime)
		})
	}
}

// agentPod runs a pod that was there before unbusy, with the host's root as a
// hostPath volume.
func agentPod(pods *cri.Engine, name string, opts ...cri.ContainerOption) *cri.Container {
	return pods.Pod(name, cri.Under("runc"), cri.HostNetwork()).Run(name, opts...)
}

// TestPodFromBefore ends a pod of which an agent has private copies. Its shared
// memory and network namespace end with the sandbox, and not with any of its
// containers.
func TestPodFromBefore(t *testing.T) {
	eachPodWay(t, func(t *testing.T, e *engine, pods *cri.Engine, runtime string) {
		victim := pods.Pod("victim", cri.Under("observed-"+runtime))
		app, sidecar := victim.Run("app"), victim.Run("sidecar")
		shm, netns := sandboxMounts(t, victim)
		rootfs := containerMount(t, app)
		agent := agentPod(pods, "agent", cri.HostPath("/", "/host"))
		requireHeld(t, agent.Pid(), []observe.Mount{shm, netns, rootfs, containerMount(t, sidecar)})
		e.watch(agent.Pid())

		// The pod lives when one of its containers ends.
		app.Stop()
		app.Remove()
		if e.saw(app.ID(), rootfs.Point)[rootfs.Point] != (runtime == "runc") {
			t.Errorf("the container's root file system is held after the runtime's delete: %v", runtime == "unbusy")
		}
		requireHeld(t, agent.Pid(), []observe.Mount{shm, netns, containerMount(t, sidecar)})
		requireHeld(t, sidecar.Pid(), []observe.Mount{shm})

		victim.Stop()
		for point, held := range e.saw(victim.ID(), shm.Point, netns.Point) {
			if held != (runtime == "runc") {
				t.Errorf("%s is held after the runtime's delete: %v", point, held)
			}
		}
		// Its mountpoint is there until the pod is removed, so nothing else has taken
		// the copy.
		if held := len(at(t, agent.Pid(), "/host"+shm.Point)) > 0; held != (runtime == "runc") {
			t.Errorf("the shared memory of the stopped pod is held: %v", held)
		}
		victim.Remove()
	})
}

// TestPodVolumes ends pods with volumes on block devices, of which agents have
// copies: one private ones, which keep the device busy, and one that has a file
// open in a copy that gets unmounts, so that the kubelet's plain unmount fails.
// The volume of a pod that lives stays where it is.
func TestPodVolumes(t *testing.T) {
	eachPodWay(t, func(t *testing.T, e *engine, pods *cri.Engine, runtime string) {
		kubelet := "/run/kubelet"
		volumes := make(map[string]*host.Volume)
		at := func(pod string) string {
			return filepath.Join(kubelet, "pods", pod+"-uid", "volumes/kubernetes.io~csi/pvc/mount")
		}
		// The first two end.
		for _, pod := range []string{"private", "slave", "slave-uid-2"} {
			volumes[pod] = e.h.Volume(pod)
			volumes[pod].Mount(at(pod))
			if err := os.WriteFile(filepath.Join(at(pod), "data"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		run := func(name string) *cri.Pod {
			pod := pods.Pod(name, cri.Under("observed-"+runtime), cri.UID(name+"-uid"))
			pod.Run("app", cri.HostPath(at(name), "/data"))
			return pod
		}
		privateVictim := run("private")
		agent := agentPod(pods, "agent", cri.HostPath("/", "/host"))
		slaveVictim, living := run("slave"), run("slave-uid-2")
		user := e.h.Start("unshare", "--mount", "--propagation", "slave", "sh", "-ec",
			"exec 3<"+at("slave")+"/data; echo it is open; read end")
		private, slave := mounted(t, at("private")), mounted(t, at("slave"))
		other := mounted(t, at("slave-uid-2"))
		requireHeld(t, agent.Pid(), []observe.Mount{private})
		requireHeld(t, user.Pid(), []observe.Mount{slave, other})
		end := func(pod *cri.Pod) {
			pod.Stop()
			pod.Remove()
		}

		end(privateVictim)
		volumes["private"].Unmount(at("private"))
		busy, err := observe.Busy(volumes["private"].Device())
		if err != nil {
			t.Fatal(err)
		}
		if busy != (runtime == "runc") {
			t.Errorf("the device of the unmounted volume is busy: %v", busy)
		}
		end(slaveVictim)
		if err := volumes["slave"].TryUnmount(at("slave")); errors.Is(err, unix.EBUSY) != (runtime == "runc") {
			t.Errorf("unmount the other volume: %v", err)
		}
		requireHeld(t, user.Pid(), []observe.Mount{other})
		end(living)
	})
}

// sandboxMounts finds what the host has mounted for a pod's sandbox: the only
// pod with a network of its own.
func sandboxMounts(t *testing.T, pod *cri.Pod) (shm, netns observe.Mount) {
	t.Helper()
	table, err := observe.Mounts(0)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range table {
		switch {
		case m.FSType == "nsfs" && strings.HasPrefix(m.Point, "/run/netns/"):
			netns = m
		case strings.HasSuffix(m.Point, pod.ID()+"/shm"):
			shm = m
		}
	}
	if shm.Point == "" || netns.Point == "" {
		t.Fatalf("of the sandbox's mounts there are only %+v", []observe.Mount{shm, netns})
	}
	return shm, netns
}

// containerMount finds the root file system of a container.
func containerMount(t *testing.T, k *cri.Container) observe.Mount {
	t.Helper()
	table, err := observe.Mounts(0)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range table {
		if strings.HasSuffix(m.Point, fmt.Sprintf("/%s/rootfs", k.ID())) {
			return m
		}
	}
	t.Fatalf("container %s has no root file system", k.ID())
	return observe.Mount{}
}
