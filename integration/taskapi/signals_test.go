package taskapi

import (
	task "github.com/containerd/containerd/api/runtime/task/v3"
)

var killing = []situation{
	{"a container", func(r *run) {
		r.launch()
		r.kill("", 9)
		r.wait("")
		r.kill("", 9)
		r.delete("")
		r.kill("", 9)
	}, nil},
	{"by a signal that it handles", func(r *run) {
		r.writeSpec(r.t, first, shell("trap 'exit 5' USR1; echo ready; while :; do sleep 0.01; done"))
		out := r.output("out")
		r.launch(outputs(out))
		out.line()
		r.kill("", 10)
		r.wait("")
	}, nil},
	{"all processes", func(r *run) {
		r.launch()
		r.exec("second", "sleep", "1000")
		r.start("second")
		r.call("Kill", &task.KillRequest{ID: first, Signal: 9, All: true})
		r.wait("second")
		r.wait("")
	}, nil},
	{"before the start", func(r *run) {
		r.create()
		r.kill("", 9)
		r.wait("")
		r.delete("")
	}, nil},
	{"when paused", func(r *run) {
		r.launch()
		r.call("Pause", &task.PauseRequest{ID: first})
		r.kill("", 9)
		r.wait("")
		r.state("")
		r.call("Resume", &task.ResumeRequest{ID: first})
	}, nil},
	{"by signals that there are not", func(r *run) {
		r.launch()
		r.kill("", 0)
		r.kill("", 200)
		r.state("")
	}, nil},
	{"an added process", func(r *run) {
		r.launch()
		r.kill("second", 9)
		r.exec("second", "sleep", "1000")
		r.kill("second", 9)
		r.start("second")
		r.kill("second", 200)
		r.call("Kill", &task.KillRequest{ID: first, ExecID: "second", Signal: 9, All: true})
		r.wait("second")
		r.kill("second", 9)
		r.state("")
		r.delete("second")
		r.kill("second", 9)
	}, nil},
	{"an unknown container", func(r *run) { r.kill("", 9) }, nil},
}

var pausing = []situation{
	{"a container", func(r *run) {
		r.launch()
		r.call("Pause", &task.PauseRequest{ID: first})
		r.state("")
		r.call("Pause", &task.PauseRequest{ID: first})
		r.delete("")
	}, nil},
	{"before the start", func(r *run) {
		r.create()
		r.call("Pause", &task.PauseRequest{ID: first})
		r.state("")
	}, nil},
	{"after the end", func(r *run) {
		r.launch()
		r.stop()
		r.call("Pause", &task.PauseRequest{ID: first})
	}, nil},
	{"an unknown container", func(r *run) { r.call("Pause", &task.PauseRequest{ID: first}) }, nil},
}

var resuming = []situation{
	{"a container", func(r *run) {
		r.launch()
		r.call("Pause", &task.PauseRequest{ID: first})
		r.call("Resume", &task.ResumeRequest{ID: first})
		r.state("")
		r.call("Resume", &task.ResumeRequest{ID: first})
		r.exec("second", "true")
		r.start("second")
		r.wait("second")
	}, nil},
	{"before the start", func(r *run) {
		r.create()
		r.call("Resume", &task.ResumeRequest{ID: first})
		r.state("")
	}, nil},
	{"after the end", func(r *run) {
		r.launch()
		r.stop()
		r.call("Resume", &task.ResumeRequest{ID: first})
	}, nil},
	{"an unknown container", func(r *run) { r.call("Resume", &task.ResumeRequest{ID: first}) }, nil},
}
