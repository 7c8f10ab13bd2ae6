// Package podman tests unbusy-runtime under Debian's podman.
package podman

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

func TestMain(m *testing.M) { os.Exit(host.Main(m)) }

// withoutUnified runs a command where Debian's crun starts containers: it refuses
// a mix of cgroup v1 and v2.
const withoutUnified = `umount --lazy /sys/fs/cgroup/unified || true; exec "$@"`

// TestAnswer has a container whose command does not exist, and whose bind is
// rewritten: what podman says, and its exit status, which it takes from the
// runtime's words, are those of the runtime alone.
func TestAnswer(t *testing.T) {
	for _, test := range []struct{ runtime, option string }{{"runc", ""}, {"crun", "--cgroups=disabled"}} {
		t.Run(test.runtime, func(t *testing.T) {
			h := host.New(t)
			alone := h.Debian(test.runtime, test.runtime)
			wrapped := filepath.Join(h.Dir("bin"), test.runtime)
			wrapper, err := filepath.Abs(filepath.Join(os.Getenv("UNBUSY_BIN"), "unbusy-runtime"))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(wrapper, wrapped); err != nil {
				t.Fatal(err)
			}
			answers := make(map[string]string)
			for _, runtime := range []string{alone, wrapped} {
				p := h.Podman(host.PodmanRuntime(runtime))
				args := []string{"run", "--rm", "--name", "answer", "--network", "none", "--volume", "/:/host"}
				if test.option != "" {
					args = append(args, test.option)
				} else {
					args = append(args, "--cgroup-parent", h.Cgroup("podman"))
				}
				command := p.Command(append(args, p.Image(), "/no/such/command")...)
				_, err := h.Exec(nil, "unshare", append([]string{"--mount", "sh", "-ec", withoutUnified, "sh"}, command...)...)
				if err == nil {
					t.Fatalf("%s: no error", runtime)
				}
				answers[runtime] = strings.ReplaceAll(err.Error(), runtime, test.runtime)
			}
			if answers[alone] != answers[wrapped] {
				t.Errorf("wrapped: %s\nalone:   %s", answers[wrapped], answers[alone])
			}
			if !strings.Contains(answers[alone], "exit status 127") {
				t.Errorf("alone: %s", answers[alone])
			}
		})
	}
}
