package taskapi

import (
	"path/filepath"
	"strings"
	"testing"

	task "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// everyday is a bit of everything that shims are for, without a step that would
// wait for ever for what a bad shim does not do.
var everyday = situation{"everyday", func(r *run) {
	r.lines = append(r.lines, r.described(r.shim.pid)...)
	r.noteDescriptors("idle")
	r.create()
	r.start("")
	r.call("Pause", &task.PauseRequest{ID: first})
	r.call("Resume", &task.ResumeRequest{ID: first})
	r.exec(second, "true")
	r.start(second)
	r.wait(second)
	r.delete(second)
	r.pids()
	shares := uint64(512)
	r.call("Update", &task.UpdateTaskRequest{ID: first, Resources: r.json(resourcesURL, &specs.LinuxResources{CPU: &specs.LinuxCPU{Shares: &shares}})})
	r.noteFile(r.controller("cpu", "cpu.shares"))
	r.kill("", 9)
	r.wait("")
	r.delete("")
	r.noteLeft()
	r.shutdown(&task.ShutdownRequest{ID: first})
	r.noteDelete()
}, nil}

// TestSpoiltShimsAreNoticed plays it with stock's shim spoilt in many ways, by
// scripts in front of it and of runc. The comparison has to find each.
func TestSpoiltShimsAreNoticed(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	place := stage.place()
	place.runc = t.TempDir()
	subject := stock(t)
	subject.path = filepath.Join(t.TempDir(), "shim")
	play := func(t *testing.T, s spoiling) []string {
		t.Helper()
		writeProgram(t, subject.path, "#!/bin/bash\n"+s.shim+"\nexec "+subject.exe+` "$@"`)
		writeProgram(t, filepath.Join(place.runc, "runc"), "#!/bin/bash\nRUNC="+stage.runc+"/runc\n"+findCommand+s.runc+"\nexec $RUNC \"$@\"")
		return everyday.transcript(t, place, func(r *run) { r.begin(startOptions{}) }, subject).lines
	}
	want := play(t, spoiling{})
	if diff := difference(want, play(t, spoiling{})); diff != "" {
		t.Fatalf("stock is not like itself:\n%s", diff)
	}
	for _, s := range spoilings {
		t.Run(s.name, func(t *testing.T) {
			if diff := difference(want, play(t, s)); !strings.Contains(diff, s.sign) || diff == "" {
				t.Errorf("the comparison has not %q:\n%s", s.sign, diff)
			}
		})
	}
}

// spoiling is a way to spoil a shim, and how the comparison shows it.
type spoiling struct {
	name, sign string
	shim, runc string // what comes before them
}

// findCommand finds out what runc is to do.
const findCommand = `for COMMAND; do case $COMMAND in create|start|exec|pause|resume|update|kill|delete|ps) break;; esac; done
`

var spoilings = []spoiling{
	{"an environment variable", "+ environment SPOILT=1\n", `export SPOILT=1`, ""},
	{"a file left open", "+ idle: open /dev/zero", `exec 9</dev/zero`, ""},
	{"another umask", "+ Umask 0077\n", `umask 077`, ""},
	{"a signal ignored", "+ SigIgn ", `trap '' HUP`, ""},
	{"a limit", "+ limits ", `ulimit -c 7`, ""},
	{"a lower priority", "nice 3", `renice -n 3 $$ >/dev/null`, ""},
	{"an answer withheld", "+ delete answered {}\n", `case "$*" in *delete) exit;; esac`, ""},
	{"a word too much", "+ standard error: \"deleted\\n\"\n", `case "$*" in *delete) echo deleted >&2;; esac`, ""},
	{"a file left behind", "+ now file /b/first/spoilt", `case "$*" in *start) touch spoilt;; esac`, ""},
	{"runc's create that fails", "+ Create failed: ", "", `[ $COMMAND != create ] || exit 1`},
	{"runc's start that fails", "+ Start failed: ", "", `[ $COMMAND != start ] || exit 1`},
	{"runc's exec that fails", "+ Start failed: ", "", `[ $COMMAND != exec ] || exit 1`},
	{"runc's pause that fails", "+ Pause failed: ", "", `[ $COMMAND != pause ] || exit 1`},
	{"runc's resume that fails", "+ Resume failed: ", "", `[ $COMMAND != resume ] || { $RUNC "$@"; exit 1; }`},
	{"runc's update that does nothing", "cpu.shares has \"1024", "", `[ $COMMAND != update ] || exit 0`},
	{"runc's kill that fails", "+ Kill failed: ", "", `[ $COMMAND != kill ] || { $RUNC "$@"; exit 1; }`},
	{"runc's delete that does nothing", "+ now state first\n", "", `case "$COMMAND $*" in "delete "*--force*) ;; delete*) exit 0;; esac`},
	{"runc's ps that sees no process", "+ Pids answered {}\n", "", `[ $COMMAND != ps ] || { echo null; exit; }`},
}
