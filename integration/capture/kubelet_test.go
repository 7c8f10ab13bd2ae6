package capture

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/unbusy/unbusy/integration/host"
)

// kubelet prepares on the host what the kubelet does for a pod before it has
// the sandbox made, in the places where the kubelet does it (kubernetes
// pkg/volume/*, pkg/volume/util/subpath, pkg/kubelet/kubelet_pods.go).
type kubelet struct {
	t    *testing.T
	h    *host.Host
	root string
}

// podUID is what the API server would have called the pod.
const podUID = "5f4e2a1c-0d3b-4c6e-9a87-6b5d4c3e2f10"

func (k kubelet) pod(elem ...string) string {
	return filepath.Join(append([]string{k.root, "pods", podUID}, elem...)...)
}

// volumes makes a volume of every common kind for the container called app, and
// returns the mounts that the kubelet would ask the engine for.
func (k kubelet) volumes() []*runtime.Mount {
	config := k.configMap("settings")
	// A directory on the disk, and one in memory.
	empty := k.pod("volumes/kubernetes.io~empty-dir/cache")
	k.mkdir(empty)
	memory := k.pod("volumes/kubernetes.io~empty-dir/shared-memory")
	k.tmpfs(memory)
	token := k.pod("volumes/kubernetes.io~projected/kube-api-access-x7k2p")
	k.tmpfs(token)
	k.writeAtomically(token, "token", "namespace", "ca.crt")
	// subPath: of a directory in one volume and of a file in another.
	k.mkdir(filepath.Join(empty, "sub"))
	directory := k.subPath("cache", "5", filepath.Join(empty, "sub"))
	file := k.subPath("settings", "6", filepath.Join(config, "..data", "key"))
	hosts := k.pod("etc-hosts")
	k.write(hosts)
	log := k.pod("containers/app/3c9d1f20")
	k.write(log)

	return []*runtime.Mount{
		{HostPath: config, ContainerPath: "/etc/settings", Readonly: true},
		{HostPath: empty, ContainerPath: "/cache"},
		{HostPath: memory, ContainerPath: "/dev/shared-memory"},
		{HostPath: k.claim("pvc-8d1f6c7e"), ContainerPath: "/data"},
		{HostPath: k.h.Dir("srv"), ContainerPath: "/srv"},
		{HostPath: directory, ContainerPath: "/cache-sub"},
		{HostPath: file, ContainerPath: "/etc/app.conf", Readonly: true},
		{HostPath: token, ContainerPath: "/var/run/secrets/kubernetes.io/serviceaccount", Readonly: true},
		{HostPath: hosts, ContainerPath: "/etc/hosts", SelinuxRelabel: true},
		{HostPath: log, ContainerPath: "/dev/termination-log", SelinuxRelabel: true},
	}
}

// configMap makes a volume on the disk.
func (k kubelet) configMap(name string) string {
	dir := k.pod("volumes/kubernetes.io~configmap", name)
	k.mkdir(dir)
	k.writeAtomically(dir, "key")
	return dir
}

// claim attaches a volume, mounts it once for the node and from there for the
// pod, as for a driver of the container storage interface.
func (k kubelet) claim(name string) string {
	staged := filepath.Join(k.root, "plugins/kubernetes.io/csi/driver.test",
		"9b1f0c3a5d7e2468ace013579bdf02468ace013579bdf02468ace013579bdf02", "globalmount")
	k.h.Volume(name).Mount(staged)
	published := k.pod("volumes/kubernetes.io~csi", name, "mount")
	k.mkdir(published)
	k.mount(staged, published, "", unix.MS_BIND)
	return published
}

// subPath binds a part of a volume to where the kubelet keeps it safe from being
// exchanged.
func (k kubelet) subPath(volume, index, source string) string {
	target := k.pod("volume-subpaths", volume, "app", index)
	if info, err := os.Stat(source); err != nil {
		k.t.Fatal(err)
	} else if info.IsDir() {
		k.mkdir(target)
	} else {
		k.write(target)
	}
	k.mount(source, target, "", unix.MS_BIND)
	return target
}

// writeAtomically writes files as kubernetes pkg/volume/util/atomic_writer.go:
// links through a link to a directory that is exchanged as a whole.
func (k kubelet) writeAtomically(dir string, names ...string) {
	const version = "..2026_01_02_03_04_05.678901234"
	for _, name := range names {
		k.write(filepath.Join(dir, version, name))
		k.link(filepath.Join("..data", name), filepath.Join(dir, name))
	}
	k.link(version, filepath.Join(dir, "..data"))
}

func (k kubelet) tmpfs(dir string) {
	k.mkdir(dir)
	k.mount("tmpfs", dir, "tmpfs", 0)
}

func (k kubelet) mount(source, target, fsType string, flags uintptr) {
	k.t.Helper()
	if err := unix.Mount(source, target, fsType, flags, ""); err != nil {
		k.t.Fatalf("mount %s on %s: %v", source, target, err)
	}
	k.t.Cleanup(func() {
		if err := unix.Unmount(target, unix.MNT_DETACH); err != nil {
			k.t.Errorf("unmount %s: %v", target, err)
		}
	})
}

func (k kubelet) mkdir(dir string) {
	k.t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		k.t.Fatal(err)
	}
}

func (k kubelet) write(path string) {
	k.t.Helper()
	k.mkdir(filepath.Dir(path))
	if err := os.WriteFile(path, []byte("content\n"), 0o644); err != nil {
		k.t.Fatal(err)
	}
}

func (k kubelet) link(target, path string) {
	k.t.Helper()
	if err := os.Symlink(target, path); err != nil {
		k.t.Fatal(err)
	}
}
