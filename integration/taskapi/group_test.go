package taskapi

import (
	"strings"
	"testing"

	task "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// second is the id of another container, of the same pod.
const second = "second"

// TestGroup gives a shim a second container: start for its bundle has to answer
// the address of the shim that there is, if they are of one group.
func TestGroup(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	stock := stock(t)
	recent, old := unbusy(t)
	for _, test := range []struct {
		name string
		pair [2]map[string]string
		ours []subject
	}{
		{"of a pod", pair("io.kubernetes.cri.sandbox-id", first), []subject{recent, old}},
		// Stock's leaves its socket there: it takes it for another one. Ours does
		// not if it is told by a daemon's file which one it is.
		{"by another id", pair("io.containerd.runc.v2.group", "group"), []subject{recent}},
		{"by two of them", [2]map[string]string{
			{"io.containerd.runc.v2.group": first},
			{"io.containerd.runc.v2.group": first, "io.kubernetes.cri.sandbox-id": "other"},
		}, []subject{recent, old}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := situation{test.name, func(r *run) { r.playPair(test.pair[1]) }, nil}
			s.compare(t, stage.place(), func(r *run) {
				r.writeSpec(r.t, first, annotated(test.pair[0]))
				r.begin(startOptions{})
			}, append([]subject{stock}, test.ours...)...)
		})
	}
	t.Run("by none", func(t *testing.T) {
		t.Parallel()
		s := situation{"by none", func(r *run) {
			r.addBundle(r.t, second)
			other := readLog(r.t, r.bundle(second))
			address := r.startFor(second)
			r.note("the second one's address is %s", address)
			mine := r.addr
			r.addr = address
			r.connect()
			shim := watch(r.t, r.shimPid())
			r.note("it is the same process: %v", shim.pid == r.shim.pid)
			_ = r.ask("Shutdown", &task.ShutdownRequest{ID: second}, r.answer("Shutdown")) // may have no answer
			shim.await(r.t)
			r.lines = append(r.lines, other.written()...)
			r.note("its socket is there: %v", exists(strings.TrimPrefix(address, "unix://")))
			r.addr = mine
			r.connect()
		}, nil}
		s.compare(t, stage.place(), func(r *run) { r.begin(startOptions{}) }, stock, recent, old)
	})
}

// pair are two containers' annotations that are the same.
func pair(name, value string) [2]map[string]string {
	return [2]map[string]string{{name: value}, {name: value}}
}

// annotated gives a container annotations.
func annotated(annotations map[string]string) func(*specs.Spec) {
	return func(s *specs.Spec) { s.Annotations = annotations }
}

// playPair lets two containers live in the shim, of which the first ends before
// the second one.
func (r *run) playPair(annotations map[string]string) {
	r.t.Helper()
	r.launch()
	r.addBundle(r.t, second, annotated(annotations))
	r.note("the second one's address is %s", r.startFor(second))
	r.note("it is the same process: %v", r.shimPid() == r.shim.pid)
	r.createIn(r.context(), second)
	r.call("Start", &task.StartRequest{ID: second})
	r.call("Connect", &task.ConnectRequest{ID: second})
	r.call("Exec", &task.ExecProcessRequest{ID: second, ExecID: "exec", Spec: r.spec(process("true"))})
	r.call("Start", &task.StartRequest{ID: second, ExecID: "exec"})
	r.waitOf(second, "exec")
	r.deleteOf(second, "exec")
	r.stop()
	r.call("State", &task.StateRequest{ID: second})
	r.delete("")
	r.noteLeft()
	r.call("Shutdown", &task.ShutdownRequest{ID: first})
	r.call("State", &task.StateRequest{ID: second})
	// What daemons do when a container's task is gone.
	r.noteDelete()
	r.call("State", &task.StateRequest{ID: second})
}
