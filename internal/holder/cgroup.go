package holder

import (
	"slices"
	"strings"
)

// group is what the cgroups of a process say about it.
type group struct {
	unit, container, pod, podUID string
}

// parseCgroup reads /proc/PID/cgroup of either version, or of both at once. Each
// thing is taken from the first hierarchy that says it: systemd's own, then
// others of version 1, which engines use even without systemd, then version 2,
// where little else is there beside them.
func parseCgroup(text string) group {
	var paths []string
	rank := make(map[string]int)
	for line := range strings.Lines(text) {
		// hierarchy:controllers:path, in which the path may have colons
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(parts) != 3 {
			continue
		}
		path := strings.TrimSuffix(parts[2], " (deleted)")
		order := 1
		switch parts[1] {
		case "name=systemd":
			order = 0
		case "":
			order = 2
		}
		if known, ok := rank[path]; !ok {
			rank[path] = order
			paths = append(paths, path)
		} else {
			rank[path] = min(known, order)
		}
	}
	slices.SortStableFunc(paths, func(a, b string) int { return rank[a] - rank[b] })
	var all group
	for _, path := range paths {
		one := parseCgroupPath(path)
		if all.unit == "" {
			all.unit = one.unit
		}
		if all.container == "" {
			all.container = one.container
		}
		if all.pod == "" {
			all.pod, all.podUID = one.pod, one.podUID
		}
	}
	return all
}

// parseCgroupPath reads one path. Of nested containers and pods the innermost is
// taken: further out is the node that they run on.
func parseCgroupPath(path string) group {
	names := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	// From a cgroup namespace further in, what is further out begins like that.
	names = slices.DeleteFunc(names, func(name string) bool { return name == ".." })
	g := group{unit: systemdUnit(names)}
	// Under podman's own cgroup a pod is a directory by its bare id.
	inPodman := false
	for _, name := range names {
		// runc takes "slice:prefix:id" for a path if it was not told that this is
		// meant for systemd, and so it becomes one name.
		for part := range strings.SplitSeq(name, ":") {
			if uid := podUID(part); uid != "" {
				g.pod, g.podUID = uid, uid
			} else if id := podmanPod(part, inPodman); id != "" {
				g.pod, g.podUID = id, ""
				inPodman = part == "libpod_parent"
				continue
			}
			if id := containerID(part); id != "" {
				g.container = id
			}
			inPodman = part == "libpod_parent"
		}
	}
	return g
}
