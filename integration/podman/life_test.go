package podman

import (
	"os"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// step is a command of podman's in a story.
type step struct {
	args []string
	// ends says that the container's mounts are unmounted by it.
	ends bool
}

func steps(lines ...string) []step {
	var all []step
	for _, line := range lines {
		text, ends := strings.CutPrefix(line, "! ")
		args := strings.Split(text, " ")
		if before, script, ok := strings.Cut(text, "'"); ok {
			args = append(strings.Fields(before), strings.TrimSuffix(script, "'"))
		}
		all = append(all, step{args, ends})
	}
	return all
}

// life is what happens to a container called c, from its creation on. An
// exclamation mark is before what ends it.
var life = steps(
	"exec c sh -c 'echo said; echo and said >&2; exit 3'",
	"cp /proc/version c:/tmp/copied",
	"exec c sh -c 'cat /tmp/copied | wc -l'",
	"cp c:/tmp/copied -",
	"healthcheck run c",
	"commit --quiet c changed",
	"! stop --time 0 c",
	"exec c true",
	"stop --time 0 c",
	"start c",
	"! restart --time 0 c",
	"exec c ls /tmp",
	"! kill c",
	"container inspect --format '{{.State.Status}} {{.State.ExitCode}} {{.State.Error}}' c",
	"start c",
	"rm c",
	"! rm --force --time 0 c",
	"rm c",
	"run --rm --network none changed cat /tmp/copied",
	"run --rm --network none changed sh -c 'echo said; exit 4'",
	"rmi changed",
)

// TestLife tells the life of a container that others hold, and compares what
// podman answers with what it answers under the runtime alone.
func TestLife(t *testing.T) {
	ways := []way{{runtime: "runc", front: dropIn}, rootless}
	if os.Getenv("MATRIX") == "full" {
		ways = append(ways, way{runtime: "crun", front: link})
	}
	for _, w := range ways {
		t.Run(w.String(), func(t *testing.T) {
			want := compare(t, w, func(s *stage) []answer { return s.tell(life) })
			for i, status := range map[int]int{0: 3, 7: 255, 17: 1, 19: 4} {
				if len(want) > i && want[i].status != status {
					t.Errorf("there is nothing to show: podman %q: %+v", life[i].args, want[i])
				}
			}
		})
	}
}

// TestVFS has the storage driver that mounts no root file systems: all there is
// to hold is the shared memory.
func TestVFS(t *testing.T) {
	story := steps("! stop --time 0 c", "start c", "! rm --force --time 0 c")
	compare(t, way{runtime: "runc", front: path}, func(s *stage) []answer { return s.tell(story) }, host.PodmanDriver("vfs"))
}

// tell tells a story, with somebody who holds the container's mounts.
func (s *stage) tell(story []step) []answer {
	s.t.Helper()
	s.Run("c", "--health-cmd", "true", "--health-interval", "disable")
	var answers []answer
	for _, step := range story {
		if step.ends {
			answers = append(answers, s.end(step.args, s.victim("c")))
		} else {
			answers = append(answers, s.ask(step.args...))
		}
	}
	return answers
}
