package taskapi

import (
	"path/filepath"
	"strings"
	"testing"

	task "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/containerd/api/types/runc/options"
	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"
)

// noteDelete calls delete for the first container and notes what it answers.
func (r *run) noteDelete() {
	r.t.Helper()
	r.noteDeleted(r.place.call(r.t, r.subject, command{
		dir: r.bundle(first), args: r.args(first, "-bundle", r.bundle(first), "delete"),
	}))
	r.noteLeft()
}

// noteDeleted notes what delete has answered.
func (r *run) noteDeleted(o outcome) {
	var answer task.DeleteResponse
	if err := proto.Unmarshal([]byte(o.stdout), &answer); err != nil {
		r.note("delete answered %q: %v", o.stdout, err)
	} else {
		r.note("delete answered %s", r.names.written(&answer))
	}
	o.stdout = ""
	o.stderr = withoutLostStatus(o.stderr)
	r.noteOutcome(o)
}

// withoutLostStatus leaves out what stock's delete says if it has reaped runc
// before it came to wait for it, and so does not know how that went.
func withoutLostStatus(stderr string) string {
	var kept strings.Builder
	for line := range strings.Lines(stderr) {
		if !strings.Contains(line, `msg="failed to remove runc container" error="runc did not terminate successfully: exit status 255: " `) {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// killShim ends the shim as a crash would.
func (r *run) killShim() {
	r.t.Helper()
	r.events.answers(r.t, r.awaits)
	r.shim.signal(r.t, unix.SIGKILL)
	r.shim.await(r.t)
	r.alive = nil // for delete to end
}

var remains = []situation{
	{"of a container that was deleted", func(r *run) {
		r.launch()
		r.stop()
		r.delete("")
		r.shutdown(&task.ShutdownRequest{ID: first})
		r.noteDelete()
		r.noteDelete()
	}, nil},
	{"of a running container without a shim", func(r *run) {
		container := watch(r.t, r.launch())
		r.killShim()
		r.note("the container lives: %v", !container.ended())
		r.noteDelete()
		r.note("the container lives: %v", !container.ended())
		r.noteDelete()
	}, nil},
	{"of a created container without a shim", func(r *run) {
		r.create()
		r.killShim()
		r.noteDelete()
	}, nil},
	{"of a stopped container without a shim", func(r *run) {
		r.writeSpec(r.t, first, shell("exit 5"))
		r.launch()
		r.wait("")
		r.killShim()
		r.noteDelete()
	}, nil},
	{"of a paused container without a shim", func(r *run) {
		r.launch()
		r.call("Pause", &task.PauseRequest{ID: first})
		r.killShim()
		r.noteDelete()
	}, nil},
	{"of a running container with its shim", func(r *run) {
		r.launch()
		r.noteDelete()
		r.wait("")
		r.state("")
	}, nil},
	{"of a container with another runtime and root", func(r *run) {
		wrapper := r.path("wrapper")
		writeProgram(r.t, wrapper, "#!/bin/sh\necho \"$@\" >>"+r.path("words")+"\nexec "+r.runc+"/runc \"$@\"\n")
		r.launch(r.withOptions(&options.Options{BinaryName: wrapper, Root: r.path("state")}))
		r.killShim()
		r.replace(r.path("words"), "")
		r.noteDelete()
		r.noteFile(r.path("words"))
	}, nil},
	{"of a container that was never there", func(r *run) {
		r.shutdown(&task.ShutdownRequest{ID: first})
		r.noteDelete()
	}, nil},
	{"with broken notes of it", func(r *run) {
		r.launch()
		r.killShim()
		for _, name := range []string{"exit.json", "init.pid"} {
			r.replace(filepath.Join(r.bundle(first), name), "broken")
		}
		r.noteDelete()
		r.replace(filepath.Join(r.bundle(first), "options.json"), "broken")
		r.noteDelete()
	}, nil},
	{"with the host's root bound", func(r *run) {
		r.writeSpec(r.t, first, hostBound)
		r.launch()
		r.killShim()
		r.noteDelete()
	}, nil},
}

// TestDeleteCommand compares what daemons call when a shim is gone.
func TestDeleteCommand(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	stock := stock(t)
	recent, old := unbusy(t)
	compareAll(t, stage, remains, func(r *run) { r.begin(startOptions{}) }, stock, recent, old)
}
