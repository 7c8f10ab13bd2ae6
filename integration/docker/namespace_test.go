package docker

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// inMountNamespace calls a function in the mount namespace of a process.
func inMountNamespace(t *testing.T, pid int, do func() error) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		// The thread ends with the goroutine.
		runtime.LockOSThread()
		done <- func() error {
			ns, err := os.Open(filepath.Join("/proc", strconv.Itoa(pid), "ns/mnt"))
			if err != nil {
				return err
			}
			defer ns.Close()
			if err := unix.Unshare(unix.CLONE_FS); err != nil {
				return err
			}
			if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNS); err != nil {
				return err
			}
			return do()
		}()
	}()
	if err := <-done; err != nil {
		t.Fatalf("in the mount namespace of process %d: %v", pid, err)
	}
}

// identity tells a mount from all others of the machine. The number in it is one
// mount's at a time; the rest makes it unlikely that another one with the same
// number passes for it.
type identity struct {
	id                  int
	device, root, point string
}

// allMounts is every mount in every namespace in which a process of the host's
// lives, those of one container left out.
func allMounts(t *testing.T, d *host.Dockerd, except string) map[identity]observe.Mount {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	pids := []int{0} // where the tests are
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		cgroups, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cgroup"))
		if err != nil || !strings.Contains(string(cgroups), d.Host().Cgroup()+"/") || strings.Contains(string(cgroups), except) {
			continue
		}
		pids = append(pids, pid)
	}
	all := make(map[identity]observe.Mount)
	for _, pid := range pids {
		table, err := observe.Mounts(pid)
		if err != nil {
			continue // it has ended
		}
		for _, m := range table {
			all[identity{m.ID, m.Device, m.Root, m.Point}] = m
		}
	}
	return all
}

// nothingElseGoes ends a container and compares all mounts before and after:
// nothing may be missing but what was the container's, or a copy of it.
func nothingElseGoes(t *testing.T, d *host.Dockerd, name string, its func(observe.Mount) bool, end func()) {
	t.Helper()
	id := inspect(d, name, "{{.Id}}")
	before := allMounts(t, d, id)
	end()
	after := allMounts(t, d, id)
	for key, mount := range before {
		if _, is := after[key]; !is && !its(mount) {
			t.Errorf("with %s a mount is gone that was not its own: %+v", name, mount)
		}
	}
}

// has tells whether a mount, in whatever namespace, is one of the container's or
// a copy of one.
func (m mounts) has(mount observe.Mount) bool {
	for _, own := range m {
		if own.Device == mount.Device && own.Root == mount.Root {
			return true
		}
	}
	return false
}
