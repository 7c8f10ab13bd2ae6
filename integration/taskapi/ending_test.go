package taskapi

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	task "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/ttrpc"
	"google.golang.org/protobuf/types/known/timestamppb"
)

var deleting = []situation{
	{"a container", func(r *run) {
		r.launch()
		r.delete("")
		r.stop()
		r.delete("")
		r.noteLeft()
		r.delete("")
		// The same shim may be given the same id again.
		r.launch()
	}, nil},
	{"before the start", func(r *run) {
		r.create()
		r.delete("")
		// The news of its end do not know the time any more, and come sooner or
		// later than those of the deletion.
		r.events.exit(r.t, timestamppb.New(time.Time{}))
		r.events.unordered = true
		r.noteLeft()
	}, nil},
	{"when paused", func(r *run) {
		r.launch()
		r.call("Pause", &task.PauseRequest{ID: first})
		r.delete("")
	}, nil},
	{"a container that somebody looks into", func(r *run) {
		// The host's own mount is in use: it has to stay, whoever asks.
		r.launch()
		held, err := os.Open(filepath.Join(r.bundle(first), "rootfs"))
		if err != nil {
			r.t.Fatal(err)
		}
		defer held.Close()
		r.stop()
		r.delete("")
		r.noteLeft()
		held.Close()
		r.delete("")
		r.noteLeft()
	}, nil},
	{"a container that runc has lost", func(r *run) {
		r.launch()
		r.stop()
		r.runtime("delete", first)
		r.delete("")
		r.noteLeft()
	}, nil},
	{"an added process", func(r *run) {
		r.launch()
		r.delete("second")
		r.exec("second", "sleep", "1000")
		r.start("second")
		r.delete("second")
		r.kill("second", 9)
		r.wait("second")
		r.delete("second")
		r.delete("second")
		r.exec("second", "true")
		r.delete("second")
		r.state("second")
		r.state("")
		r.noteLeft()
	}, nil},
	{"an added process after the container's end", func(r *run) {
		r.launch()
		r.exec("second", "sleep", "1000")
		r.start("second")
		r.stop()
		r.delete("second")
		r.delete("")
		r.delete("second")
	}, nil},
	{"an unknown container", func(r *run) { r.delete("") }, nil},
}

var connecting = []situation{
	{"before, during and after a container", func(r *run) {
		r.call("Connect", &task.ConnectRequest{ID: first})
		r.launch()
		r.call("Connect", &task.ConnectRequest{ID: first})
		r.stop()
		r.call("Connect", &task.ConnectRequest{ID: first})
		r.delete("")
		r.call("Connect", &task.ConnectRequest{ID: first})
	}, nil},
	{"anew", func(r *run) {
		r.launch()
		r.connect()
		r.call("Connect", &task.ConnectRequest{ID: first})
		r.state("")
		r.stop()
	}, nil},
	{"to an unknown container", func(r *run) {
		r.launch()
		r.call("Connect", &task.ConnectRequest{ID: "second"})
	}, nil},
}

var shuttingDown = []situation{
	{"with a container", func(r *run) {
		r.launch()
		r.call("Shutdown", &task.ShutdownRequest{ID: first})
		r.call("Shutdown", &task.ShutdownRequest{ID: first, Now: true})
		r.state("")
		r.stop()
		r.call("Shutdown", &task.ShutdownRequest{ID: first})
		r.state("")
	}, nil},
	{"without a container", func(r *run) {
		r.shutdown(&task.ShutdownRequest{ID: first})
		r.noteLeft()
	}, nil},
	{"after a container", func(r *run) {
		r.launch()
		r.stop()
		r.delete("")
		r.shutdown(&task.ShutdownRequest{ID: first, Now: true})
		r.noteLeft()
	}, nil},
}

// shutdown makes the call of which the shim ends. It may be faster at that than
// at answering.
func (r *run) shutdown(q *task.ShutdownRequest) {
	r.t.Helper()
	r.used("Shutdown", q)
	answer := r.answer("Shutdown")
	if err := r.ask("Shutdown", q, answer); err != nil && !errors.Is(err, ttrpc.ErrClosed) {
		r.note("%s", r.said("Shutdown", answer, err))
	}
	r.shim.await(r.t)
	r.note("Shutdown ended the shim")
}
