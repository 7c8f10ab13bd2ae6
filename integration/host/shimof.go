package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ShimOf is the pid of the shim that serves a container or a pod of any of
// containerd's namespaces. Containers of a pod share the pod's. The shim is the
// process with the socket whose address containerd keeps in the bundle, whatever
// its binary is called and whatever became of the container.
func (c *Containerd) ShimOf(id string) int {
	c.h.t.Helper()
	path, err := c.shimSocket(id)
	if err != nil {
		c.h.t.Fatalf("find the shim of %s: %v", id, err)
	}
	var pid int
	// What a shim has just forked has its descriptors until it executes.
	err = until(patience, "one process with the socket "+path, func() (bool, error) {
		owners, err := socketOwners(path)
		if err == nil && len(owners) == 1 {
			pid = owners[0]
			return true, nil
		}
		return false, errors.Join(err, fmt.Errorf("processes %v have it", owners))
	})
	if err != nil {
		c.h.t.Fatalf("find the shim of %s: %v", id, err)
	}
	return pid
}

// shimSocket is the path of the socket that the shim of a container or pod
// listens on: 2.0 and later keep it in a file of JSON (containerd
// core/runtime/v2/shim.go), earlier ones keep the address alone.
func (c *Containerd) shimSocket(id string) (string, error) {
	bundles, err := filepath.Glob(filepath.Join(c.config.State, "io.containerd.runtime.v2.task", "*", id))
	if err != nil || len(bundles) != 1 {
		return "", fmt.Errorf("it has %d bundles", len(bundles))
	}
	var bootstrap struct{ Address string }
	content, err := os.ReadFile(filepath.Join(bundles[0], "bootstrap.json"))
	switch {
	case err == nil:
		err = json.Unmarshal(content, &bootstrap)
	case errors.Is(err, fs.ErrNotExist):
		content, err = os.ReadFile(filepath.Join(bundles[0], "address"))
		bootstrap.Address = string(content)
	}
	if err != nil {
		return "", err
	}
	path, found := strings.CutPrefix(bootstrap.Address, "unix://")
	if !found {
		return "", fmt.Errorf("its address is %q", bootstrap.Address)
	}
	return path, nil
}

// socketOwners are the processes that have a socket which is bound to a path, in
// whatever network namespace. A process that ends meanwhile has none.
func socketOwners(path string) ([]int, error) {
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	// The connections that a socket has accepted bear its path, too.
	links := map[string]bool{}
	seen := map[string]bool{}
	for _, dir := range processes {
		namespace, err := os.Readlink(filepath.Join(dir, "ns/net"))
		if err != nil || seen[namespace] {
			continue
		}
		table, err := os.ReadFile(filepath.Join(dir, "net/unix"))
		if err != nil {
			continue
		}
		seen[namespace] = true
		for line := range strings.Lines(string(table)) {
			// Num RefCount Protocol Flags Type St Inode Path
			if fields := strings.Fields(line); len(fields) == 8 && fields[7] == path {
				links["socket:["+fields[6]+"]"] = true
			}
		}
	}
	var owners []int
	for _, dir := range processes {
		if !hasDescriptor(dir, links) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			return nil, err
		}
		owners = append(owners, pid)
	}
	return owners, nil
}

// hasDescriptor tells whether a process, by its directory in /proc, has one of
// the files open that links lead to.
func hasDescriptor(dir string, links map[string]bool) bool {
	descriptors, err := os.ReadDir(filepath.Join(dir, "fd"))
	if err != nil {
		return false
	}
	for _, d := range descriptors {
		if to, err := os.Readlink(filepath.Join(dir, "fd", d.Name())); err == nil && links[to] {
			return true
		}
	}
	return false
}
