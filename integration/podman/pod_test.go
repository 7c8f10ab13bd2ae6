package podman

import (
	"slices"
	"strings"
	"testing"
)

// infra is the id of the container that keeps what the others of a pod share.
func (s *stage) infra(pod string) string {
	s.t.Helper()
	return strings.TrimSpace(s.Podman.Podman("pod", "inspect", "--format", "{{.InfraContainerID}}", pod))
}

// TestPod ends containers of a pod one after the other, and then all of them at
// once: what they share goes with the last.
func TestPod(t *testing.T) {
	for _, w := range []way{{runtime: "runc", front: dropIn}, rootless} {
		t.Run(w.String(), func(t *testing.T) {
			compare(t, w, func(s *stage) []answer {
				s.Pod("pod")
				s.Run("first", "--pod", "pod")
				s.Run("second", "--pod", "pod")
				infra := s.victim(s.infra("pod"))
				bystander := s.agent()
				answers := []answer{s.end([]string{"stop", "--time", "0", "first"}, s.victim("first"))}
				// The agent of before is not looked at: in its place what is used still.
				answers = append(answers, s.ask("exec", "second", "sh", "-c", "echo shared >/dev/shm/x && cat /dev/shm/x"))
				if held := s.mounted(bystander.Pid(), infra.mounts); !slices.Equal(held, infra.mounts) {
					t.Errorf("of the pod's own mounts only %q are held", held)
				}
				bystander.End()
				answers = append(
					answers,
					s.end([]string{"pod", "stop", "--time", "0", "pod"}, s.victim("second"), infra),
					s.ask("pod", "start", "pod"),
				)
				return append(
					answers,
					s.end([]string{"restart", "--time", "0", "first"}, s.victim("first")),
					s.ask("exec", "first", "sh", "-c", "echo shared >/dev/shm/x && cat /dev/shm/x"),
					s.ask("exec", "second", "cat", "/dev/shm/x"),
					s.end([]string{"pod", "rm", "--force", "--time", "0", "pod"}, s.victim("first"), s.victim("second"), s.victim(s.infra("pod"))),
					s.ask("pod", "ps", "--noheading"),
				)
			})
		})
	}
}
