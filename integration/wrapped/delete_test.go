package wrapped

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// TestDelete deletes containers in every state, with each runtime alone and
// wrapped: the caller sees the same, and the same is left.
func TestDelete(t *testing.T) {
	const quiet = " </dev/null >/dev/null 2>&1\n"
	for _, runtime := range []struct {
		name, path string
		setup      string
		global     []string
	}{
		{"runc", filepath.Join(tools.runc, "runc"), "", nil},
		// Debian's crun refuses the test machine's mix of cgroup v1 and v2.
		{"crun", "/usr/bin/crun", "umount --lazy /sys/fs/cgroup/unified\n", []string{"--cgroup-manager=disabled"}},
	} {
		for _, test := range []struct {
			name  string
			run   []string // the container's process
			make  string   // what makes the container, with $RUNTIME, $BUNDLE and $ID
			args  []string // of delete
			fails bool
			stays bool
		}{
			{"running", []string{"sleep", "1000"}, `$RUNTIME run --detach --bundle $BUNDLE $ID` + quiet, nil, true, true},
			{"running, by force", []string{"sleep", "1000"}, `$RUNTIME run --detach --bundle $BUNDLE $ID` + quiet, []string{"--force"}, false, false},
			{"started", []string{"sleep", "1000"}, `$RUNTIME create --bundle $BUNDLE $ID` + quiet + `$RUNTIME start $ID` + quiet, []string{"-f"}, false, false},
			{"created", []string{"sleep", "1000"}, `$RUNTIME create --bundle $BUNDLE $ID` + quiet, []string{"--force"}, false, false},
			{"stopped", []string{"sleep", "1000"}, `$RUNTIME run --detach --pid-file $BUNDLE/pid --bundle $BUNDLE $ID` + quiet +
				`kill -KILL $(cat $BUNDLE/pid); until $RUNTIME state $ID | grep -q '"stopped"'; do :; done` + "\n", nil, false, false},
			{"unknown", nil, "", nil, true, false},
			{"unknown, by force", nil, "", []string{"--force"}, false, false},
			{"of no valid name", nil, "ID=../$ID\n", nil, true, false},
		} {
			t.Run(runtime.name+" "+test.name, func(t *testing.T) {
				b := newBundle(t, test.run...)
				b.spec.Mounts = slices.DeleteFunc(b.spec.Mounts, func(m specs.Mount) bool { return m.Destination == "/host" })
				b.write(t, b.text(t))
				id := containerID(t)
				arg := id
				if strings.Contains(test.make, "ID=../") {
					arg = "../" + id
				}
				// The state is where the runtime keeps it by default.
				setup := runtime.setup + "unset XDG_RUNTIME_DIR; BUNDLE=" + b.dir + "; ID=" + id + "; RUNTIME='" +
					strings.Join(append([]string{runtime.path}, runtime.global...), " ") + "'\n"
				s := start{
					name: runtime.name, runDir: b.runDir, setup: setup + test.make,
					args: slices.Concat(runtime.global, []string{"--log=" + filepath.Join(t.TempDir(), "log"), "delete"}, test.args, []string{arg}),
				}
				left := func() bool {
					_, err := os.Lstat(filepath.Join(b.runDir, runtime.name, id))
					return err == nil
				}
				cleanUp := func() {
					if left() {
						start{name: runtime.name, path: runtime.path, runDir: b.runDir, setup: setup,
							args: append(runtime.global, "delete", "--force", id)}.run(t)
					}
				}
				defer cleanUp()

				s.path = runtime.path
				want, wantLeft := s.run(t), left()
				cleanUp()
				s.path, s.search = tools.wrapper, filepath.Dir(runtime.path)
				got, gotLeft := s.run(t), left()

				if got != want || gotLeft != wantLeft {
					t.Errorf("wrapped: %+v, left %v\nalone:   %+v, left %v", got, gotLeft, want, wantLeft)
				}
				if failed := want.status != 0; failed != test.fails || wantLeft != test.stays {
					t.Errorf("alone: %+v, left %v", want, wantLeft)
				}
			})
		}
	}
}
