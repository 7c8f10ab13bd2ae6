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

// containerdContainers are those that have a bundle or a sandbox's directory in
// a state directory of containerd's: as long as there is a task, or a pod
// (core/runtime/v2/bundle.go, internal/cri/server/helpers.go). In its root there
// are directories of the same names, for shims to work in, where nothing is
// mounted.
func containerdContainers(root roots.Root) []Container {
	var found []Container
	for _, plugin := range []string{"io.containerd.runtime.v2.task", "io.containerd.runtime.v1.linux"} {
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
	dir := filepath.Join(root.Resolved, "io.containerd.grpc.v1.cri/sandboxes")
	for _, id := range statefile.Names(dir) {
		if sandbox := filepath.Join(dir, id); isOwners(root, sandbox) {
			found = append(found, Container{ID: id, Engine: roots.Containerd, Dirs: []string{sandbox}})
		}
	}
	return found
}
