package random

import (
	"errors"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/internal/linux"
)

// roots are the mounts, by their unique ids, that threads of the world have their
// root directory on.
func (w *world) roots() ([]uint64, error) {
	var ids []uint64
	for _, a := range w.agents {
		if a.ended {
			continue
		}
		links := []string{"/proc/self/task/" + strconv.Itoa(a.tid) + "/root"}
		for _, p := range a.processes {
			links = append(links, "/proc/"+strconv.Itoa(p.cmd.Process.Pid)+"/root")
		}
		for _, link := range links {
			id, err := mountBehind(link)
			if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) {
				continue // what it was has ended
			}
			if err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// mountBehind is the mount that a link of /proc leads to.
func mountBehind(link string) (uint64, error) {
	fd, err := unix.Open(link, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	return linux.UniqueMountID(fd)
}

// resident reports whether a living thread has the root of a namespace for its own.
func (w *world) resident(ns *namespace) bool {
	for _, a := range w.agents {
		if a.in == ns && !a.ended && !a.apart {
			return true
		}
	}
	return false
}
