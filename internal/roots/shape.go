package roots

import (
	"slices"
	"strings"
)

// shape is what the path of a mount point shows: the root it is in, and how
// that is laid out.
type shape struct {
	layout  *layout
	root    string
	pattern string // what follows the root, with <names> in angle brackets
}

// shapeOf recognises the mount points of engines wherever their roots are. It
// wants an identifier of the right form in the right place, so that nobody's
// directory called "merged" or "pods" is taken for an engine's. A root that
// would be "/" comes out empty.
func shapeOf(mountpoint string, namespace bool) (shape, bool) {
	if s, ok := innerShape(mountpoint); ok {
		return s, true
	}
	dir, last := split(mountpoint)
	if namespace {
		return pinShape(dir, last)
	}
	switch last {
	case "merged":
		return mergedShape(dir)
	case "shm", "secrets":
		return shmShape(dir)
	case "rootfs", "propagated-mount":
		return rootfsShape(dir)
	}
	if isID(strings.TrimSuffix(last, "-init")) {
		return idShape(dir)
	}
	return shape{}, false
}

// innerShape recognises a root by a name in the middle of the path. It goes
// over the names once: there are thousands of mounts on a busy node.
func innerShape(path string) (shape, bool) {
	for i := 0; i < len(path); {
		rest := path[i+1:]
		end := strings.IndexByte(rest, '/')
		if end < 0 {
			break
		}
		var s shape
		ok := false
		switch name := rest[:end]; {
		case name == "pods", name == "plugins":
			s, ok = kubeletShape(path[:i], rest)
		case len(name) > len(containerdPlugin) && name[:len(containerdPlugin)] == containerdPlugin:
			s, ok = containerdShape(path[:i], name, rest[end+1:])
		}
		if ok {
			return s, true
		}
		i += 1 + end
	}
	return shape{}, false
}

// pinShape is <root>/netns/<name> and its like, and <root>/net/cni/<id>.
func pinShape(dir, name string) (shape, bool) {
	parent, kind := split(dir)
	if kind == "netns" && isSandboxKey(name) && parent != "" && !strings.HasSuffix(parent, "/run") {
		return shape{&dockerExec, parent, "/netns/<key>"}, true
	}
	if slices.Contains(namespaceKinds[:], kind) {
		return shape{&pins, dir, "/<name>"}, true
	}
	if up, name := split(parent); kind == "cni" && name == "net" {
		return shape{&buildkitRoot, up, "/net/cni/<id>"}, true
	}
	return shape{}, false
}

// containerdPlugin begins the name of a plugin's directory.
const containerdPlugin = "io.containerd."

// containerdShape is anything in the directory of one of the plugins that
// mount something.
func containerdShape(root, plugin, rest string) (shape, bool) {
	inside, _, _ := strings.Cut(rest, "/")
	switch plugin {
	case "io.containerd.runtime.v2.task":
		return shape{&containerdState, root, "/io.containerd.runtime.v2.task/<ns>/<id>/rootfs"}, true
	case "io.containerd.runtime.v1.linux":
		return shape{&containerdState, root, "/io.containerd.runtime.v1.linux/<ns>/<id>/rootfs"}, true
	case "io.containerd.grpc.v1.cri":
		switch inside {
		case "sandboxes":
			return shape{&containerdState, root, "/io.containerd.grpc.v1.cri/sandboxes/<id>/shm"}, true
		case "image-volumes":
			return shape{&containerdState, root, "/io.containerd.grpc.v1.cri/image-volumes/<id>/<image>"}, true
		case "netns":
			return shape{&containerdState, root, "/io.containerd.grpc.v1.cri/netns/<name>"}, true
		}
	case "io.containerd.mount-manager.v1.bolt":
		if inside == "t" {
			return shape{&containerdState, root, "/io.containerd.mount-manager.v1.bolt/t/<n>"}, true
		}
	}
	if strings.HasPrefix(plugin, "io.containerd.snapshotter.v1.") && inside == "snapshots" {
		return shape{&containerdRoot, root, "/io.containerd.snapshotter.v1.<name>/snapshots/<n>"}, true
	}
	return shape{}, false
}

// kubeletShape is <root>/pods/<uid>/volumes/... and
// <root>/plugins/kubernetes.io/....
func kubeletShape(root, rest string) (shape, bool) {
	if strings.HasPrefix(rest, "plugins/kubernetes.io/") {
		return shape{&kubeletRoot, root, "/plugins/kubernetes.io/<plugin>/..."}, true
	}
	pod, ok := strings.CutPrefix(rest, "pods/")
	if !ok {
		return shape{}, false
	}
	uid, rest, _ := strings.Cut(pod, "/")
	what, _, _ := strings.Cut(rest, "/")
	if isPodUID(uid) && (what == "volumes" || what == "volume-subpaths" || what == "volumeDevices") {
		return shape{&kubeletRoot, root, "/pods/<uid>/volumes/..."}, true
	}
	return shape{}, false
}

// mergedShape is <root>/overlay2/<id>/merged and <root>/overlay/<id>/merged.
// The second is also that of an old storage driver of Docker's, whose other
// mounts tell.
func mergedShape(dir string) (shape, bool) {
	dir, id := split(dir)
	root, driver := split(dir)
	if !isID(strings.TrimSuffix(id, "-init")) {
		return shape{}, false
	}
	switch driver {
	case "overlay2":
		return shape{&dockerData, root, "/overlay2/<id>/merged"}, true
	case "overlay":
		return shape{&podmanGraph, root, "/overlay/<id>/merged"}, true
	}
	return shape{}, false
}

// shmShape is <root>/containers/<id>/mounts/shm, <root>/containers/<id>/shm of
// Docker before 17.06, and <root>/overlay-containers/<id>/userdata/shm.
func shmShape(dir string) (shape, bool) {
	up, name := split(dir)
	if name == "userdata" {
		up, id := split(up)
		root, containers := split(up)
		if containers == "overlay-containers" && isID(id) {
			return shape{&podmanGraph, root, "/overlay-containers/<id>/userdata/shm"}, true
		}
		return shape{}, false
	}
	pattern := "/containers/<id>/shm"
	if name == "mounts" {
		dir, pattern = up, "/containers/<id>/mounts/shm"
	}
	up, id := split(dir)
	root, containers := split(up)
	if containers == "containers" && isID(id) {
		return shape{&dockerData, root, pattern}, true
	}
	return shape{}, false
}

// rootfsShape is <root>/plugins/<id>/rootfs and the bundle of a build step.
func rootfsShape(dir string) (shape, bool) {
	up, id := split(dir)
	up, what := split(up)
	if what == "plugins" && isID(id) {
		return shape{&dockerData, up, "/plugins/<id>/rootfs"}, true
	}
	root, worker := split(up)
	switch {
	case what != "executor":
	case worker == "buildkit":
		return shape{&dockerData, root, "/buildkit/executor/<id>/rootfs"}, true
	case strings.HasPrefix(worker, "runc-"):
		return shape{&buildkitRoot, root, "/runc-<snapshotter>/executor/<id>/rootfs"}, true
	}
	return shape{}, false
}

// idShape is a mount point that is called by an identifier itself. Docker and
// containers/storage name the directories of these drivers alike; where
// nothing else is known, Docker is the likelier one.
func idShape(dir string) (shape, bool) {
	up, name := split(dir)
	root, driver := split(up)
	switch {
	case driver == "rootfs":
		return shape{&dockerData, root, "/rootfs/<snapshotter>/<id>"}, true
	case driver == "devicemapper" && name == "mnt":
		return shape{&dockerData, root, "/devicemapper/mnt/<id>"}, true
	case driver == "aufs" && name == "mnt":
		return shape{&dockerData, root, "/aufs/mnt/<id>"}, true
	case driver == "btrfs" && name == "subvolumes":
		return shape{&dockerData, root, "/btrfs/subvolumes/<id>"}, true
	case driver == "zfs" && name == "graph":
		return shape{&dockerData, root, "/zfs/graph/<id>"}, true
	}
	return shape{}, false
}

// split takes the last name off a path.
func split(path string) (dir, name string) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path
	}
	return path[:i], path[i+1:]
}

// isID recognises the identifiers of containers, layers and plugins.
func isID(s string) bool {
	return len(s) == 64 && isHex(s)
}

// isSandboxKey recognises the names that dockerd gives the network namespaces of
// containers (moby daemon/libnetwork/osl/namespace_linux.go, GenerateKey). Those of
// CNI, containers/storage, CRI-O and ip-netns are in /run/netns, where anybody may
// have named one after a container, or have other names.
func isSandboxKey(s string) bool {
	return len(s) == 12 && isHex(s)
}

// isPodUID recognises a UUID, and the hash that a static pod has.
func isPodUID(s string) bool {
	switch len(s) {
	case 32:
		return isHex(s)
	case 36:
		return s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' &&
			isHex(s[:8]) && isHex(s[9:13]) && isHex(s[14:18]) && isHex(s[19:23]) && isHex(s[24:])
	}
	return false
}

func isHex(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
