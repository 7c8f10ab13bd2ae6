package cleanup

import (
	"path"
	"strconv"
	"strings"

	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

// Container is what decides about which mounts are a container's own. Paths are
// absolute and free of symbolic links; they are empty where the specification
// names none.
type Container struct {
	ID string
	// Rootfs is the directory that root.path leads to.
	Rootfs string
	// Shm is the source of what is bound to /dev/shm.
	Shm string
	// Network is the file of the network namespace that the container joins.
	// Empty, it has one of its own, or the host's.
	Network string
	// OwnNetwork says that it is given a network namespace of its own, which it has no
	// file for.
	OwnNetwork bool
	// NetworkInode is the number of the network namespace that the container's
	// first process is in, 0 if unknown or not its own.
	NetworkInode uint64
	// Sandbox says that it is the one in its pod that the pod's namespaces
	// belong to.
	Sandbox bool
	// PodUID is the Kubernetes identifier of its pod.
	PodUID string
}

// Own returns what a container owns of the mounts of its engine's namespace.
//
//   - Its root file system: the mount that root.path is on, if that is in a
//     mount area at or below the depth where one owner's own begins. The
//     directory may be the host's (the storage drivers vfs and btrfs, plain
//     bundles) or the user's (podman run --rootfs): then there is none.
//   - Its shared memory: the mount that is bound to /dev/shm, if it lies in a
//     directory with the container's own identifier. Containers of a pod have
//     the sandbox's, and podman run --ipc=container: has another container's.
//   - Its network namespace: the file that a pod's sandbox is told to join, and
//     the one that dockerd keeps below its exec root for a container that was
//     given a namespace of its own (libnetwork/osl).
//   - For a pod's sandbox, the mounts below the kubelet's directory of that pod.
func Own(c Container, areas []spec.Area, mounts []mount.Mount) []Owned {
	t := newTable(mounts)
	var owned []Owned
	if c.Rootfs != "" {
		if m := t.At(c.Rootfs); m != nil {
			if _, tail, ok := ownerOf(areas, m.Path); ok && !isVolume(areas, m.Path) {
				owned = append(owned, t.ownedMount(Rootfs, m, tail))
			}
		}
	}
	if c.Shm != "" && c.ID != "" {
		if m := t.At(c.Shm); m != nil && m.Path == c.Shm {
			if area, tail, ok := ownerOf(areas, m.Path); ok && ownerName(area, tail) == c.ID {
				owned = append(owned, t.ownedMount(Shm, m, tail))
			}
		}
	}
	if m, tail := t.network(c, areas); m != nil {
		owned = append(owned, t.ownedMount(Netns, m, tail))
	}
	if c.Sandbox && c.PodUID != "" {
		owned = append(owned, t.podVolumes(c.PodUID, areas)...)
	}
	return owned
}

// network finds the mount of a network namespace that is the container's own.
func (t *table) network(c Container, areas []spec.Area) (*mount.Mount, string) {
	if c.Network != "" {
		m := t.At(c.Network)
		if !c.Sandbox || m == nil || m.Path != c.Network || m.FSType != nsfs {
			return nil, ""
		}
		_, tail, ok := ownerOf(areas, m.Path)
		if !ok {
			return nil, ""
		}
		return m, tail
	}
	if c.NetworkInode == 0 {
		return nil, ""
	}
	name := "net:[" + strconv.FormatUint(c.NetworkInode, 10) + "]"
	var oldest *mount.Mount
	var tail string
	for i := range t.Mounts {
		m := &t.Mounts[i]
		if m.FSType != nsfs || m.Root != name || t.At(m.Path) != m {
			continue
		}
		// Whoever binds the namespace elsewhere, as "ip netns attach" does, wants
		// to keep it.
		area, rest, ok := ownerOf(areas, m.Path)
		if !ok || area.Owner != dockerNetns {
			continue
		}
		// Where the whole directory is bound to as well, it looks the same. Who was
		// first was bound by dockerd.
		if oldest == nil || m.UniqueID < oldest.UniqueID {
			oldest, tail = m, rest
		}
	}
	return oldest, tail
}

const (
	// nsfs is the file system of namespaces that are bound to a file.
	nsfs = "nsfs"
	// dockerNetns is the area of dockerd's exec root for network namespaces.
	dockerNetns = "netns/*"
	// kubeletPods is the kubelet's area for what belongs to a pod.
	kubeletPods = "pods/*"
)

// podVolumes finds what is mounted below the kubelet's directory of a pod.
func (t *table) podVolumes(uid string, areas []spec.Area) []Owned {
	var owned []Owned
	for i := range t.Mounts {
		m := &t.Mounts[i]
		// A host has many mounts and many areas, and few are this pod's.
		if !strings.Contains(m.Path, "/pods/"+uid+"/") {
			continue
		}
		area, tail, ok := ownerOf(areas, m.Path)
		if !ok || area.Owner != kubeletPods {
			continue
		}
		if rest, ok := mount.Below("/"+tail, "/pods/"+uid); ok && rest != "" && t.At(m.Path) == m {
			owned = append(owned, t.ownedMount(Volume, m, tail))
		}
	}
	return owned
}

// ownerOf finds the mount area that a path belongs to, at or below the owner
// depth, and the end of the path from the area down. Of several areas the one
// with the longest tail counts: most has to agree then.
func ownerOf(areas []spec.Area, name string) (found spec.Area, tail string, ok bool) {
	for _, area := range areas {
		if !area.Owns(name) {
			continue
		}
		rest, _ := mount.Below(name, path.Clean(area.Root))
		if !ok || len(rest) > len(tail) {
			found, tail, ok = area, rest, true
		}
	}
	return found, tail, ok
}

// ownerName is the name of the owner's directory, the last one that the area's
// pattern has. Names before it can be the same as somebody's identifier.
func ownerName(area spec.Area, tail string) string {
	names := strings.Split(tail, "/")
	depth := strings.Count(strings.Trim(path.Clean(area.Owner), "/"), "/")
	return names[min(depth, len(names)-1)]
}

// isVolume reports whether a path is in an area for what outlives containers. A
// directory in it that is somebody's root file system was given by its user.
func isVolume(areas []spec.Area, name string) bool {
	for _, area := range areas {
		for _, volumes := range []string{"volumes/", "pods/", "plugins/kubernetes.io/"} {
			if strings.HasPrefix(area.Owner, volumes) && area.Owns(name) {
				return true
			}
		}
	}
	return false
}
