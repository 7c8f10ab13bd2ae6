package taskapi

import (
	"cmp"
	"slices"
	"time"

	task "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/containerd/api/types/runc/options"
	tasktypes "github.com/containerd/containerd/api/types/task"
	"github.com/opencontainers/runtime-spec/specs-go"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/unbusy/unbusy/integration/host"
)

var starting = []situation{
	{"a container", func(r *run) {
		r.create()
		r.start("")
		r.state("")
	}, nil},
	{"twice", func(r *run) {
		r.launch()
		r.start("")
	}, nil},
	{"after its end", func(r *run) {
		r.launch()
		r.stop()
		r.start("")
		r.delete("")
		r.start("")
	}, nil},
	{"an unknown container", func(r *run) { r.start("") }, nil},
	{"one that ends at once", func(r *run) {
		r.writeSpec(r.t, first, shell("exit 7"))
		r.launch()
		r.wait("")
		r.state("")
		r.delete("")
	}, nil},
	{"one that was killed before", func(r *run) {
		r.create()
		r.stop()
		r.start("")
		r.state("")
	}, nil},
	{"an added process", func(r *run) {
		r.launch()
		r.exec("second", "sleep", "1000")
		r.start("second")
		r.state("second")
		// Not a second time: stock's shim dies of that when the container ends.
	}, nil},
	{"an unknown process", func(r *run) {
		r.launch()
		r.start("second")
	}, nil},
	{"a process of a program that is not there", func(r *run) {
		r.launch()
		r.exec("second", "no-such-program")
		r.start("second")
		r.state("second")
		r.wait("second")
		r.delete("second")
		r.start("second")
	}, nil},
	{"a process after the container's end", func(r *run) {
		r.launch()
		r.exec("second", "true")
		r.stop()
		r.start("second")
	}, nil},
}

var executing = []situation{
	{"with output and an exit status", func(r *run) {
		r.launch()
		out, err := r.output("out"), r.output("err")
		r.call("Exec", &task.ExecProcessRequest{
			ID: first, ExecID: "second", Stdin: r.stdin(), Stdout: out.path(), Stderr: err.path(),
			Spec: r.spec(process("sh", "-c", "cat; echo err >&2; exit 9")),
		})
		r.state("second")
		r.start("second")
		in := r.input()
		r.write(in, "text")
		r.state("second")
		in.Close()
		r.call("CloseIO", &task.CloseIORequest{ID: first, ExecID: "second", Stdin: true})
		out.note()
		err.note()
		r.wait("second")
		r.state("second")
		r.noteLeft()
		r.delete("second")
		r.noteLeft()
		r.state("second")
	}, nil},
	{"with a terminal", func(r *run) {
		r.launch()
		out := r.output("out")
		r.call("Exec", &task.ExecProcessRequest{
			ID: first, ExecID: "second", Terminal: true, Stdout: out.path(), Spec: r.spec(process("stty", "size")),
		})
		r.start("second")
		out.note()
		r.wait("second")
	}, nil},
	{"one of several", func(r *run) {
		r.launch()
		for _, id := range []string{"second", "third"} {
			r.exec(id, "sleep", "1000")
			r.start(id)
		}
		r.kill("second", 15)
		r.wait("second")
		r.state("third")
		r.delete("second")
		r.kill("third", 9)
		r.wait("third")
		r.exec("second", "true")
		r.start("second")
		r.wait("second")
	}, nil},
	{"that ends with the container", func(r *run) {
		r.launch()
		r.exec("second", "sleep", "1000")
		r.start("second")
		r.stop()
		r.wait("second")
		r.delete("second")
	}, nil},
	{"twice the same id", func(r *run) {
		r.launch()
		r.exec("second", "true")
		r.exec("second", "true")
	}, nil},
	{"without an id", func(r *run) {
		r.launch()
		r.exec("", "true")
		r.start("")
	}, nil},
	{"with a broken specification", func(r *run) {
		r.launch()
		r.call("Exec", &task.ExecProcessRequest{ID: first, ExecID: "second", Spec: &anypb.Any{Value: []byte("{")}})
		r.exec("second", "true")
	}, nil},
	{"before the start", func(r *run) {
		r.create()
		r.exec("second", "true")
		r.start("second")
		r.wait("second")
	}, nil},
	{"when paused", func(r *run) {
		r.launch()
		r.call("Pause", &task.PauseRequest{ID: first})
		r.exec("second", "true")
		r.call("Resume", &task.ResumeRequest{ID: first})
	}, nil},
	{"after the end", func(r *run) {
		r.launch()
		r.stop()
		r.exec("second", "true")
	}, nil},
	{"in an unknown container", func(r *run) { r.exec("second", "true") }, nil},
}

var waiting = []situation{
	{"for an exit status", func(r *run) {
		r.writeSpec(r.t, first, shell("exit 42"))
		r.launch()
		r.wait("")
		r.wait("")
		r.delete("")
		r.wait("")
	}, nil},
	{"while other calls are made", func(r *run) {
		r.create()
		note := r.meanwhile("Wait", &task.WaitRequest{ID: first})
		r.start("")
		r.exec("second", "true")
		r.start("second")
		r.wait("second")
		r.delete("second")
		r.state("")
		r.kill("", 15)
		r.kill("", 9)
		note()
	}, nil},
	{"for a killed process", func(r *run) {
		r.launch()
		r.exec("second", "sleep", "1000")
		r.start("second")
		note := r.meanwhile("Wait", &task.WaitRequest{ID: first, ExecID: "second"})
		r.kill("second", 15)
		note()
		r.wait("second")
		r.delete("second")
		r.wait("second")
	}, nil},
	{"for what is unknown", func(r *run) {
		r.wait("")
		r.launch()
		r.wait("second")
	}, nil},
	{"for less time than it takes", func(r *run) {
		r.launch()
		r.callIn(r.limited(10*time.Millisecond), "Wait", &task.WaitRequest{ID: first})
		r.state("")
	}, nil},
}

var askingForState = []situation{
	{"in every state", func(r *run) {
		r.state("")
		out := r.output("out")
		r.create(outputs(out))
		r.state("")
		r.start("")
		r.state("")
		r.call("Pause", &task.PauseRequest{ID: first})
		r.state("")
		r.call("Resume", &task.ResumeRequest{ID: first})
		r.state("")
		r.stop()
		r.state("")
		r.delete("")
		r.state("")
	}, nil},
	{"of an added process", func(r *run) {
		r.launch()
		r.state("second")
		r.exec("second", "sleep", "1000")
		r.state("second")
		r.start("second")
		r.state("second")
		r.call("Pause", &task.PauseRequest{ID: first})
		r.state("second")
		r.call("Resume", &task.ResumeRequest{ID: first})
		r.kill("second", 9)
		r.wait("second")
		r.state("second")
		r.delete("second")
		r.state("second")
	}, nil},
}

var listing = []situation{
	{"the processes of a container", func(r *run) {
		r.create()
		r.pids()
		r.start("")
		r.exec("second", "sleep", "1000")
		r.start("second")
		r.pids()
		r.stop()
		r.pids()
	}, nil},
	{"the processes of an unknown container", func(r *run) { r.pids() }, nil},
	{"the processes of a container in the host's pid namespace", func(r *run) {
		r.writeSpec(r.t, first, shell("sleep 1000 & exec sleep 1000"), func(s *specs.Spec) {
			s.Linux.Namespaces = s.Linux.Namespaces[1:]
		})
		r.launch(r.withOptions(&options.Options{NoNewKeyring: true}))
		host.Await(r.t, "two processes", func() bool {
			var answer task.PidsResponse
			return r.ask("Pids", &task.PidsRequest{ID: first}, &answer) == nil && len(answer.Processes) == 2
		})
		r.pids()
		// The second one has to be killed by the shim.
		r.stop()
		r.delete("")
	}, nil},
}

// pids calls Pids and notes the answer, those first that were named before: the
// order is that of the numbers, which begin anew now and then.
func (r *run) pids() {
	r.t.Helper()
	q := &task.PidsRequest{ID: first}
	r.used("Pids", q)
	var answer task.PidsResponse
	err := r.ask("Pids", q, &answer)
	slices.SortStableFunc(answer.Processes, func(a, b *tasktypes.ProcessInfo) int {
		return cmp.Compare(r.names.rank(a.Pid), r.names.rank(b.Pid))
	})
	r.note("%s", r.said("Pids", &answer, err))
}
