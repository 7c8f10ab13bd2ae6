package podman

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/integration/host"
)

// victim is a container with what podman has mounted for it: its root file
// system, if that has a mount of its own, and its shared memory, if it does not
// have another's.
type victim struct {
	id     string
	mounts []string // mountpoints
}

func (s *stage) victim(name string) victim {
	s.t.Helper()
	id, merged, _ := strings.Cut(s.inspect(name, "{{.Id}} {{.GraphDriver.Data.MergedDir}}"), " ")
	v, points := victim{id: id}, []string{merged}
	for _, driver := range []string{"overlay", "vfs"} {
		points = append(points, filepath.Join(s.GraphRoot(), driver+"-containers", v.id, "userdata/shm"))
	}
	v.mounts = s.mounted(s.keeper(), points)
	if len(v.mounts) == 0 {
		s.t.Fatalf("podman has mounted nothing for %s: there is nothing to show", name)
	}
	return v
}

// end calls podman to end containers that are held by an agent from before. Alone
// something is held after that; behind unbusy everything was let go.
func (s *stage) end(args []string, victims ...victim) answer {
	s.t.Helper()
	agent := s.agent()
	defer agent.End()
	for _, v := range victims {
		if held := s.mounted(agent.Pid(), v.mounts); !slices.Equal(held, v.mounts) {
			s.t.Fatalf("of %q the agent holds %q: there is nothing to show", v.mounts, held)
		}
	}
	a := s.ask(args...)
	s.awaitEnd(args, victims)
	for _, v := range victims {
		held := s.mounted(agent.Pid(), v.mounts)
		if s.way.front == alone {
			// What is mounted on a directory that podman removes is gone from
			// everywhere: only that of the shared memory stays until the container is
			// removed.
			hasShm := filepath.Base(v.mounts[len(v.mounts)-1]) == "shm"
			if removes := slices.Contains(args, "rm") || slices.Contains(args, "--down"); hasShm && !removes && len(held) == 0 {
				s.t.Errorf("podman %q: nothing is held", args)
			}
			continue
		}
		if len(held) != 0 {
			s.t.Errorf("podman %q: the agent holds %q", args, held)
		}
		detached := s.journal.detached(s.t, v.id)
		for _, point := range v.mounts {
			if !detached[point] {
				s.t.Errorf("podman %q: no copy of %s was detached: %v", args, point, detached)
			}
		}
	}
	s.journal.forget()
	return a
}

// awaitEnd waits until podman has unmounted what the containers had, and the
// runtime has deleted them: after kill their monitors see to it.
func (s *stage) awaitEnd(args []string, victims []victim) {
	s.t.Helper()
	if slices.Contains(args, "restart") {
		return // it goes on with the same mounts
	}
	roots := []string{"/run/runc", "/run/crun", filepath.Join(s.h.Dir("home"), "run/crun")}
	host.Await(s.t, "podman to unmount", func() bool {
		for _, v := range victims {
			for _, root := range roots {
				if _, err := os.Stat(filepath.Join(root, v.id)); err == nil {
					return false
				}
			}
			if len(s.mounted(s.keeper(), v.mounts)) != 0 {
				return false
			}
		}
		return true
	})
}
