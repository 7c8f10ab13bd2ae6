package cli

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// everything is the JSON of sweep --all, as far as the tests look at it.
type everything struct {
	Sweeps  []report
	Skipped []skipped
}

type skipped struct{ Namespace, Mountpoint, Path, Reason string }

// processesOf are the processes of a host's, by their cgroups.
func processesOf(t *testing.T, h *host.Host) []int {
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
		if err == nil && strings.Contains(string(cgroups), h.Cgroup()+"/") {
			pids = append(pids, pid)
		}
	}
	return pids
}

// called finds a process of a host's by the kernel's name for it.
func called(t *testing.T, h *host.Host, name string) int {
	t.Helper()
	for _, pid := range processesOf(t, h) {
		comm, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "comm"))
		if err == nil && string(comm) == name+"\n" {
			return pid
		}
	}
	t.Fatalf("there is no process %q", name)
	return 0
}

// tables are all mounts of our namespace and of those in which a process of a
// host's lives.
func tables(t *testing.T, h *host.Host) map[string][]observe.Mount {
	t.Helper()
	all := map[string][]observe.Mount{namespaceOf(t, os.Getpid()): table(t)}
	for _, pid := range processesOf(t, h) {
		ns, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/ns/mnt")
		if err != nil {
			continue // it has ended
		}
		if mounts, err := observe.Mounts(pid); err == nil && len(mounts) > 0 {
			all[ns] = mounts
		}
	}
	return all
}

// requireSame fails unless there are the same mounts in the same namespaces as
// before. Namespaces of processes that came and went do not count.
func requireSame(t *testing.T, before, after map[string][]observe.Mount) {
	t.Helper()
	for _, ns := range slices.Sorted(maps.Keys(before)) {
		for _, m := range before[ns] {
			if !slices.Contains(after[ns], m) {
				t.Errorf("gone from %s: %+v", ns, m)
			}
		}
		for _, m := range after[ns] {
			if !slices.Contains(before[ns], m) {
				t.Errorf("new in %s: %+v", ns, m)
			}
		}
	}
}

// sweepAll runs sweep --all for a test that expects a number of mounts to linger.
// A dry run comes first: where something of somebody else's on the machine lingers
// that is not the test's to sweep.
func sweepAll(t *testing.T, h *host.Host, want int) everything {
	t.Helper()
	before := tables(t, h)
	dry := everything{}
	askInto(t, &dry, 0, "sweep", "--all", "--dry-run")
	requireSame(t, before, tables(t, h))
	for _, s := range dry.Sweeps {
		if !strings.HasPrefix(s.Target, h.Dir()+"/") {
			t.Fatalf("something lingers that is not the test's: %+v", s)
		}
	}
	swept := everything{}
	askInto(t, &swept, 0, "sweep", "--all")
	for _, r := range []everything{dry, swept} {
		if len(r.Sweeps) != want {
			t.Errorf("want %d mounts that linger: %+v", want, r.Sweeps)
		}
	}
	return swept
}

// sweepsNothing runs sweep --all where all that is mounted is in use, and returns
// what was skipped.
func sweepsNothing(t *testing.T, h *host.Host) []skipped {
	t.Helper()
	before := tables(t, h)
	r := sweepAll(t, h, 0)
	requireSame(t, before, tables(t, h))
	return r.Skipped
}

// requireSkipped fails unless a mount of a process's namespace was recognised as
// one of an engine's, and left alone for a reason.
func requireSkipped(t *testing.T, all []skipped, pid int, path, reason string) {
	t.Helper()
	ns := namespaceOf(t, pid)
	if !slices.ContainsFunc(all, func(s skipped) bool {
		return s.Namespace == ns && s.Path == path && strings.Contains(s.Reason, reason)
	}) {
		t.Errorf("%s in %s was not skipped because %q: %+v", path, ns, reason, all)
	}
}
