package taskapi

import (
	"os"

	task "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/containerd/api/types/runc/options"
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/unbusy/unbusy/integration/host"
)

// creatingWithIO is with input and output of all kinds.
var creatingWithIO = []situation{
	{"with pipes", func(r *run) {
		r.writeSpec(r.t, first, shell("echo begin; cat; echo end >&2; stat -c %u:%g /proc/self/fd/1; exit 3"))
		out, err := r.output("out"), r.output("err")
		r.launch(func(q *task.CreateTaskRequest) { q.Stdin, q.Stdout, q.Stderr = r.stdin(), out.path(), err.path() })
		in := r.input()
		r.write(in, "between\n")
		out.line()
		out.line()
		r.state("")
		in.Close()
		r.call("CloseIO", &task.CloseIORequest{ID: first, Stdin: true})
		out.note()
		err.note()
		r.wait("")
	}, nil},
	{"with pipes of another user", func(r *run) {
		r.writeSpec(r.t, first, shell("stat -L -c %u:%g /proc/self/fd/1 /proc/self/fd/2"))
		out, err := r.output("out"), r.output("err")
		r.launch(r.withOptions(&options.Options{IoUid: 1234, IoGid: 5678}), func(q *task.CreateTaskRequest) {
			q.Stdout, q.Stderr = out.path(), err.path()
		})
		out.note()
		err.note()
		r.wait("")
	}, nil},
	{"with a terminal", func(r *run) {
		r.writeSpec(r.t, first, shell("read word; echo got $word; stat -c %F /proc/self/fd/0; stty size"), withTerminal)
		out := r.output("out")
		r.launch(func(q *task.CreateTaskRequest) { q.Terminal, q.Stdin, q.Stdout = true, r.stdin(), out.path() })
		r.state("")
		r.write(r.input(), "word\n")
		out.note()
		r.wait("")
	}, nil},
	{"with output to a file", func(r *run) {
		// Not to both: stock's closes the file when the first of them ends.
		r.writeSpec(r.t, first, shell("echo out"))
		r.launch(func(q *task.CreateTaskRequest) {
			q.Stdout, q.Stderr = "file://"+r.path("log/file"), "file://"+r.path("log/file")
		})
		r.wait("")
		r.delete("")
		r.noteFile(r.path("log/file"))
	}, nil},
	{"with output to a program", func(r *run) {
		// It tells that it is ready by closing descriptor 5, and is ended by the
		// shim.
		writeProgram(r.t, r.path("logger"), "#!/bin/sh\nexec 5>&-\ncat <&3 >"+r.path("logged")+"\nexec sleep 1000\n")
		r.writeSpec(r.t, first, shell("echo to the logger"))
		uri := "binary://" + r.path("logger")
		r.launch(func(q *task.CreateTaskRequest) { q.Stdout, q.Stderr = uri, uri })
		r.wait("")
		host.Await(r.t, "the log", func() bool {
			text, err := os.ReadFile(r.path("logged"))
			return err == nil && len(text) > 0
		})
		r.delete("")
		r.noteFile(r.path("logged"))
	}, nil},
	{"with output to nowhere known", func(r *run) {
		r.create(func(q *task.CreateTaskRequest) { q.Stdout = "carrier-pigeon://home" })
		r.noteLeft()
	}, nil},
	{"with output to a pipe that is not there", func(r *run) {
		r.create(func(q *task.CreateTaskRequest) { q.Stdout = r.path("nothing") })
		r.noteLeft()
		r.runtime("delete", "--force", first)
	}, nil},
}

// withTerminal gives the container's process a terminal.
func withTerminal(s *specs.Spec) { s.Process.Terminal = true }
