package podman

import (
	"os"
	"path/filepath"
	"testing"
)

// TestKube has podman write down a pod as Kubernetes would have it, and play
// what is written. It is the user's podman that does: root's asks for more open
// files than a machine without CAP_SYS_RESOURCE can give, and heeds no
// default_ulimits in play kube.
func TestKube(t *testing.T) {
	compare(t, rootless, func(s *stage) []answer {
		s.Pod("pod")
		s.Run("first", "--pod", "pod")
		answers := []answer{s.ask("generate", "kube", "pod")}
		file := filepath.Join(s.h.Dir("kube"), "pod.yaml")
		if err := os.WriteFile(file, []byte(s.Podman.Podman("generate", "kube", "pod")), 0o644); err != nil {
			t.Fatal(err)
		}
		s.Podman.Podman("pod", "rm", "--force", "--time", "0", "pod")
		t.Cleanup(func() { _, _ = s.Try("pod", "rm", "--force", "--time", "0", "pod") })
		answers = append(answers, s.ask("play", "kube", "--network", "none", file), s.ask("exec", "pod-first", "echo", "alive"))
		if answers[2].stdout != "alive\n" {
			t.Errorf("%+v", answers)
		}
		return append(
			answers,
			s.end([]string{"pod", "kill", "pod"}, s.victim("pod-first"), s.victim(s.infra("pod"))),
			s.ask("play", "kube", "--down", file),
			s.ask("ps", "--all", "--noheading"),
		)
	})
}
