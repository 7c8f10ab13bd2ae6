package target

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

const (
	// maxEntries is more than a directory of an engine has.
	maxEntries = 1 << 16
	// maxFile bounds what is read of an engine's file, in bytes.
	maxFile = 16 << 20
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

// names are the entries of a directory, in order, or none.
func names(dir string) []string {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	// What is read before an error counts.
	found, _ := f.Readdirnames(maxEntries)
	slices.Sort(found)
	return found
}

// readJSON reads a file of an engine, and says whether it is there and makes
// sense.
func readJSON(path string, v any) bool {
	text, truncated, err := config.ReadFile(path, maxFile)
	return err == nil && !truncated && json.Unmarshal(text, v) == nil
}

// readWord reads a file that has one word.
func readWord(path string) string {
	text, _, err := config.ReadFile(path, 256)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
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
		for _, namespace := range names(dir) {
			for _, id := range names(filepath.Join(dir, namespace)) {
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
	for _, id := range names(dir) {
		if sandbox := filepath.Join(dir, id); isOwners(root, sandbox) {
			found = append(found, Container{ID: id, Engine: roots.Containerd, Dirs: []string{sandbox}})
		}
	}
	return found
}
