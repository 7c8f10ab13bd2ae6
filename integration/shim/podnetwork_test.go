package shim

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// networkEnd looks at a process whenever a pod's network is taken down: the one
// moment at which no container of the pod is left, and the mount of its network
// namespace is there still. What comes next, the removal of the mountpoint, takes
// all copies along.
type networkEnd struct {
	s   *podStage
	dir string
}

// atNetworkEnd has the network's plugin look.
func (s *podStage) atNetworkEnd() networkEnd {
	s.t.Helper()
	const plugin = "/usr/lib/cni/bridge"
	n := networkEnd{s, s.h.Dir("network")}
	inner, front := filepath.Join(n.dir, "bridge"), filepath.Join(n.dir, "front")
	script := fmt.Sprintf(`#!/bin/sh
[ "$CNI_COMMAND" != DEL ] || [ ! -e %[1]s/pid ] || cat "/proc/$(cat %[1]s/pid)/mountinfo" >%[1]s/table
exec %[2]s
`, n.dir, inner)
	program, err := os.ReadFile(plugin)
	if err == nil {
		err = os.WriteFile(inner, program, 0o755)
	}
	if err == nil {
		err = os.WriteFile(front, []byte(script), 0o755)
	}
	if err == nil {
		err = unix.Mount(front, plugin, "", unix.MS_BIND, "")
	}
	if err != nil {
		s.t.Fatalf("put a program in front of a network plugin: %v", err)
	}
	s.t.Cleanup(func() {
		if err := unix.Unmount(plugin, unix.MNT_DETACH); err != nil {
			s.t.Error(err)
		}
	})
	return n
}

// watch names the process.
func (n networkEnd) watch(pid int) {
	n.s.t.Helper()
	if err := os.WriteFile(filepath.Join(n.dir, "pid"), []byte(strconv.Itoa(pid)), 0o644); err != nil {
		n.s.t.Fatal(err)
	}
}

// saw reports whether the process had something mounted on a path of the host
// when the network of a pod was last taken down, and forgets both.
func (n networkEnd) saw(point string) bool {
	n.s.t.Helper()
	table, err := os.ReadFile(filepath.Join(n.dir, "table"))
	for _, name := range []string{"table", "pid"} {
		if err == nil {
			err = os.Remove(filepath.Join(n.dir, name))
		}
	}
	if err != nil {
		n.s.t.Fatalf("no network was taken down: %v", err)
	}
	return strings.Contains(string(table), point+" ")
}
