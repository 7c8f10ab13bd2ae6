package engine

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// mountNamespaces returns the inode numbers of the mount namespaces that the
// threads of a process are in, none if the process ended. Each has its own: to
// copy out of a container dockerd, from 23.0 on, sends a thread into a private
// one (moby internal/mounttree and daemon/containerfs_linux.go), and a process
// is only where its first thread is.
func mountNamespaces(p process) ([]uint64, error) {
	tids, err := pids(p.dir() + "/task")
	if isGone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []uint64
	last := ""
	for _, tid := range tids {
		name, err := os.Readlink(p.dir() + "/task/" + tid + "/ns/mnt")
		if isGone(err) || err == nil && name == last {
			continue
		}
		if err != nil {
			return nil, err
		}
		last = name
		inode, err := parseNamespace(name)
		if err != nil {
			return nil, fmt.Errorf("thread %s of process %d: %w", tid, p.pid, err)
		}
		found = append(found, inode)
	}
	return found, nil
}

// parseNamespace takes "mnt:[4026531832]" apart.
func parseNamespace(name string) (uint64, error) {
	number, ok := strings.CutPrefix(name, "mnt:[")
	number, closed := strings.CutSuffix(number, "]")
	inode, err := strconv.ParseUint(number, 10, 64)
	if !ok || !closed || err != nil {
		return 0, fmt.Errorf("%q is no mount namespace", name)
	}
	return inode, nil
}

// world is what tells an engine of this host from one in a container or of an
// ordinary user: their names for processes and for users are others.
type world struct {
	pid, user string
}

// worldOf returns the world of a directory of /proc. If the process ended both
// names are empty.
func worldOf(dir string) (world, error) {
	var w world
	for _, of := range []struct {
		kind string
		name *string
	}{{"pid", &w.pid}, {"user", &w.user}} {
		name, err := os.Readlink(dir + "/ns/" + of.kind)
		if isGone(err) {
			// A kernel without user namespaces has one user namespace.
			continue
		}
		if err != nil {
			return world{}, err
		}
		*of.name = name
	}
	return w, nil
}
