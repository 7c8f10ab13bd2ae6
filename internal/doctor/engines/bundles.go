package engines

import (
	"cmp"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/internal/statefile"
)

// bundle is a container that runs, and the directory with its specification.
type bundle struct {
	id, dir string
	engine  roots.Engine
	pid     int
	// runtime is the program that created it, empty if that is not known.
	runtime string
}

// bundlesIn lists the containers that run, by the directories of their engines.
func bundlesIn(all []roots.Root) []bundle {
	found := make(map[int]bundle)
	for _, root := range all {
		switch {
		case root.Engine == roots.Containerd && root.Kind == roots.StateDirectory:
			for _, t := range tasksIn(root.Resolved) {
				b := bundle{id: t.id, dir: t.bundle, engine: roots.Containerd, pid: t.pid, runtime: t.binary}
				if t.isDockers() {
					b.engine = roots.Docker
				}
				found[t.pid] = b
			}
		case root.Engine == roots.Podman, root.Engine == roots.CRIO:
			for _, b := range storageBundles(root, all) {
				found[b.pid] = b
			}
		}
	}
	list := make([]bundle, 0, len(found))
	for _, b := range found {
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b bundle) int { return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.pid, b.pid)) })
	return list
}

// storageBundles lists the containers of podman and CRI-O that run. The file with
// the number of the process is below the run root; the specification is there in
// CRI-O, and below the graph root in podman.
func storageBundles(root roots.Root, all []roots.Root) []bundle {
	var found []bundle
	for _, driver := range statefile.Names(root.Resolved) {
		if !strings.HasSuffix(driver, "-containers") {
			continue
		}
		for _, id := range statefile.Names(filepath.Join(root.Resolved, driver)) {
			pid, err := strconv.Atoi(statefile.Word(filepath.Join(root.Resolved, driver, id, "userdata", "pidfile")))
			if err != nil || !isAlive(pid) {
				continue
			}
			for _, other := range all {
				dir := filepath.Join(other.Resolved, driver, id, "userdata")
				if (other.Engine == roots.Podman || other.Engine == roots.CRIO) && unusableSpec(dir) == nil {
					found = append(found, bundle{id: id, dir: dir, engine: root.Engine, pid: pid})
					break
				}
			}
		}
	}
	return found
}
