package crio

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// TestPod stops a pod while an agent pod runs that has a directory of the host as
// a private hostPath volume. The shared memory shows who holds on: its mountpoint
// stays until the pod is removed, and only removing a mountpoint takes foreign
// copies away. That of a root file system goes with the container's stop already
// (storage drivers/overlay/overlay.go, Put).
func TestPod(t *testing.T) {
	for _, test := range []struct {
		name   string
		source func(t *testing.T, h *host.Host) string
		held   bool // under runc
	}{
		{"the runtime directory", func(*testing.T, *host.Host) string { return "/run" }, true},
		{"the root by a link", rootByLink, true},
		// What covers the storage's root, by its name, CRI-O makes a slave by itself
		// (cri-o server/container_create_linux.go, addOCIBindMounts).
		{"the root", func(*testing.T, *host.Host) string { return "/" }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHost(t)
			engine := cri.CRIO(t, h.CRIO(handler(host.Program(t, "unbusy-runtime"), "")))
			for _, runtime := range []string{"runc", "unbusy"} {
				victim := engine.Pod("victim-"+runtime, cri.Under(runtime), cri.OwnPIDs())
				app := victim.Run("app")
				mounts := podMounts(t, victim, app)
				agent := agentPod(t, engine, runtime, test.source(t, h), cri.Under(runtime))
				for kind, m := range mounts {
					if kind != rootfs && host.Held(t, agent.Pid(), m) == 0 {
						t.Fatalf("%s: the agent does not see the victim's %s, there is nothing to show", runtime, kind)
					}
				}
				app.Stop()
				app.Remove()
				victim.Stop()
				if n := host.Held(t, agent.Pid(), mounts[shm]); (n > 0) != (runtime == "runc" && test.held) {
					t.Errorf("%s: the agent holds %d copies of the shared memory of a pod that is stopped", runtime, n)
				}
				victim.Remove()
				for kind, m := range mounts {
					if n := host.Held(t, agent.Pid(), m); n > 0 {
						t.Errorf("%s: the agent holds %d copies of the %s of a pod that is gone", runtime, n, kind)
					}
				}
			}
		})
	}
}

// TestVolume ends a pod with a volume on a block device next to an agent, and
// unmounts the volume as the kubelet does: with unbusy the device is free at once.
func TestVolume(t *testing.T) {
	h := newHost(t)
	engine := cri.CRIO(t, h.CRIO(handler(host.Program(t, "unbusy-runtime"), "")))
	for _, runtime := range []string{"runc", "unbusy"} {
		volume, at := podVolume(h, runtime)
		victim := engine.Pod("victim-"+runtime, cri.Under(runtime), cri.OwnPIDs())
		app := victim.Run("app", cri.HostPath(at, "/data"))
		agent := agentPod(t, engine, runtime, rootByLink(t, h), cri.Under(runtime))
		if host.Held(t, agent.Pid(), host.Mounted(t, at)) == 0 {
			t.Fatal("the agent does not see the volume, there is nothing to show")
		}
		app.Stop()
		app.Remove()
		victim.Stop()
		volume.Unmount(at)
		busy, err := observe.Busy(volume.Device())
		if err != nil {
			t.Fatal(err)
		}
		if busy != (runtime == "runc") {
			t.Errorf("%s: the device is busy: %v", runtime, busy)
		}
	}
}

// podVolume mounts a volume where the kubelet has that of a pod called victim and
// what the pod runs under.
func podVolume(h *host.Host, runtime string) (volume *host.Volume, at string) {
	volume = h.Volume(runtime)
	at = filepath.Join(h.Dir("kubelet"), "pods", "victim-"+runtime, "volumes/kubernetes.io~csi/pvc/mount")
	volume.Mount(at)
	return volume, at
}

// rootByLink is another name of the host's root.
func rootByLink(t *testing.T, h *host.Host) string {
	t.Helper()
	link := filepath.Join(h.Dir("links"), "root")
	if err := os.Symlink("/", link); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	return link
}

// agentPod runs an agent that binds a directory of the host.
func agentPod(t *testing.T, engine *cri.Engine, name, source string, options ...cri.PodOption) *cri.Container {
	t.Helper()
	pod := engine.Pod("agent-"+name, append(options, cri.OwnPIDs(), cri.HostNetwork())...)
	agent := pod.Run("agent", cri.HostPath(source, "/host"))
	// Otherwise the pod's end gives it all the time there is to end by itself.
	t.Cleanup(func() { _ = agent.TryStop() })
	return agent
}

// Kinds of mounts that CRI-O makes for a pod.
const (
	rootfs  = "root file system"
	shm     = "shared memory"
	network = "net namespace"
)

// podMounts finds what the host has mounted for a pod with one container. Pinned
// namespaces have names of their own: they are found as those of the container's
// process.
func podMounts(t *testing.T, pod *cri.Pod, app *cri.Container) map[string]observe.Mount {
	t.Helper()
	root := ""
	inside, err := observe.Mounts(app.Pid())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range inside {
		if m.Point == "/" {
			root = m.Device
		}
	}
	namespaces := map[string]string{}
	for _, kind := range []string{"net", "ipc", "uts"} {
		link, err := os.Readlink(filepath.Join("/proc", itoa(app.Pid()), "ns", kind))
		if err != nil {
			t.Fatal(err)
		}
		namespaces[link] = kind + " namespace"
	}
	table, err := observe.Mounts(0)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]observe.Mount)
	for _, m := range table {
		switch {
		case namespaces[m.Root] != "":
			found[namespaces[m.Root]] = m
		case strings.Contains(m.Point, pod.ID()) && filepath.Base(m.Point) == "shm":
			found[shm] = m
		case m.Device == root && filepath.Base(m.Point) == "merged":
			found[rootfs] = m
		}
	}
	if len(found) != 5 {
		t.Fatalf("of the pod's mounts there are only %v", found)
	}
	return found
}
