package target

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/internal/statefile"
	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

// known lists the containers that the engines' directories show.
func (h *Host) known() []Container {
	if h.listed {
		return h.containers
	}
	h.listed = true
	var found []Container
	for _, root := range h.Roots {
		if h.mayHang(root.Resolved) {
			h.Incomplete = append(h.Incomplete, root.Resolved+" is on a file system that may not answer")
			continue
		}
		switch root.Engine {
		case roots.Docker:
			found = append(found, dockerContainers(root)...)
		case roots.Containerd:
			found = append(found, containerdContainers(root)...)
		case roots.Podman, roots.CRIO:
			found = append(found, storageContainers(root, h.Roots)...)
		default: // knows no containers
		}
	}
	h.containers = merge(found)
	return h.containers
}

// mayHang reports whether looking at a path of our own may take for ever.
func (h *Host) mayHang(name string) bool {
	for _, m := range h.at(h.Own).Mounts {
		if m.Path == "/" || m.Path == "" || !mountns.MayHang(m.FSType) {
			continue
		}
		if _, ok := mount.Below(name, m.Path); ok {
			return true
		}
	}
	return false
}

// isOwners reports whether a directory is one that belongs to a container in a
// mount area of a root.
func isOwners(root roots.Root, dir string) bool {
	return slices.ContainsFunc(root.Areas, func(area spec.Area) bool { return area.Owns(dir) })
}

// containerdContainers are those that have a bundle or a directory of the CRI's in
// a state directory of containerd's: as long as there is a task, or a pod or one
// of its containers (core/runtime/v2/bundle.go, internal/cri/server/helpers.go). In
// its root there are directories of the same names, for shims to work in, where
// nothing is mounted. Of other containers without a task only containerd itself
// knows, in a database that is locked.
func containerdContainers(root roots.Root) []Container {
	const tasks, cri = "io.containerd.runtime.v2.task", "io.containerd.grpc.v1.cri"
	var found []Container
	for _, plugin := range []string{tasks, "io.containerd.runtime.v1.linux"} {
		dir := filepath.Join(root.Resolved, plugin)
		for _, namespace := range statefile.Names(dir) {
			for _, id := range statefile.Names(filepath.Join(dir, namespace)) {
				// A bundle that is being removed is renamed first.
				if strings.HasPrefix(id, ".") {
					continue
				}
				bundle := filepath.Join(dir, namespace, id)
				if !isOwners(root, bundle) {
					continue
				}
				found = append(found, Container{
					ID: id, Engine: roots.Containerd, Namespaces: []string{namespace},
					Dirs: []string{bundle}, Bundles: []string{bundle},
				})
			}
		}
	}
	for _, id := range statefile.Names(filepath.Join(root.Resolved, cri, "sandboxes")) {
		if sandbox := filepath.Join(root.Resolved, cri, "sandboxes", id); isOwners(root, sandbox) {
			found = append(found, Container{ID: id, Engine: roots.Containerd, Dirs: []string{sandbox}})
		}
	}
	for _, id := range statefile.Names(filepath.Join(root.Resolved, cri, "containers")) {
		if bundle := filepath.Join(root.Resolved, tasks, "k8s.io", id); isOwners(root, bundle) {
			found = append(found, Container{
				ID: id, Engine: roots.Containerd, Namespaces: []string{"k8s.io"}, Dirs: []string{bundle}, Kept: true,
			})
		}
	}
	return found
}
