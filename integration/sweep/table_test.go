package sweep

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// tables are the mounts of all namespaces of a host, by the namespace's name
// and the mount's id.
type tables map[string]map[int]observe.Mount

// take reads the tables of every namespace that a process of the host lives in,
// and our own. Only one's own mounts are seen by a process with a root directory
// elsewhere: what all processes of a namespace see is put together.
func take(t *testing.T, h *host.Host) tables {
	t.Helper()
	all := make(tables)
	for _, pid := range append(processes(t, h), os.Getpid()) {
		dir := filepath.Join("/proc", strconv.Itoa(pid))
		name, err := os.Readlink(filepath.Join(dir, "ns/mnt"))
		if err != nil {
			continue
		}
		mounts, err := observe.Mounts(pid)
		if err != nil {
			continue
		}
		if all[name] == nil {
			all[name] = make(map[int]observe.Mount)
		}
		for _, m := range mounts {
			all[name][m.ID] = m
		}
	}
	return all
}

// processes are those in the host's cgroup.
func processes(t *testing.T, h *host.Host) []int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		cgroups, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cgroup"))
		if err == nil && strings.Contains(string(cgroups), ":"+h.Cgroup()+"/") {
			pids = append(pids, pid)
		}
	}
	return pids
}

// lost says what is not there any more, or is another mount's now or propagates
// in another way. Namespaces that have ended with their processes are left out.
func (before tables) lost(after tables) []lostMount {
	var lost []lostMount
	for namespace, mounts := range before {
		if after[namespace] == nil {
			continue
		}
		for id, was := range mounts {
			now, there := after[namespace][id]
			if !there || now.Device != was.Device || now.Root != was.Root || now.Propagation != was.Propagation {
				lost = append(lost, lostMount{namespace: namespace, Mount: was})
			}
		}
	}
	return lost
}

type lostMount struct {
	observe.Mount
	namespace string
}

func (l lostMount) String() string {
	return fmt.Sprintf("%s in %s: %s %s %s", l.Point, l.namespace, l.FSType, l.Device, l.Propagation)
}

// namespaceOf is the name of the mount namespace of a process.
func namespaceOf(t *testing.T, pid int) string {
	t.Helper()
	name, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "ns/mnt"))
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// requireLost fails unless exactly the copies of the given mounts in the
// namespaces of the given processes were lost.
func requireLost(t *testing.T, before, after tables, originals []observe.Mount, pids ...int) {
	t.Helper()
	planned := make(map[string]bool)
	for _, pid := range pids {
		planned[namespaceOf(t, pid)] = true
	}
	isPlanned := func(namespace string, m observe.Mount) bool {
		return planned[namespace] && isCopy(m, originals)
	}
	for _, l := range before.lost(after) {
		if !isPlanned(l.namespace, l.Mount) {
			t.Errorf("it was none of the container's that is over, and is lost: %s", l)
		}
	}
	for namespace, mounts := range after {
		for _, m := range mounts {
			if isPlanned(namespace, m) {
				t.Errorf("it is held still: %s in %s", m.Point, namespace)
			}
		}
	}
}

// isCopy reports whether a mount shows what one of the originals shows. The
// kernel gives the device number of a file system that is gone to the next one:
// the originals have to be there still.
func isCopy(m observe.Mount, originals []observe.Mount) bool {
	for _, o := range originals {
		if m.Device == o.Device && m.Root == o.Root {
			return true
		}
	}
	return false
}

// copies returns what a process sees of the originals.
func copies(t *testing.T, pid int, originals ...observe.Mount) []observe.Mount {
	t.Helper()
	mounts, err := observe.Mounts(pid)
	if err != nil {
		t.Fatal(err)
	}
	var found []observe.Mount
	for _, m := range mounts {
		if isCopy(m, originals) {
			found = append(found, m)
		}
	}
	return found
}

// at returns what a process sees mounted on a path.
func at(t *testing.T, pid int, path string) []observe.Mount {
	t.Helper()
	mounts, err := observe.Mounts(pid)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(mounts, func(m observe.Mount) bool { return m.Point != path })
}
