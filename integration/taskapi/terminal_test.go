package taskapi

import (
	task "github.com/containerd/containerd/api/runtime/task/v3"
)

// tellSize is a script that tells the size of its terminal whenever it is asked.
const tellSize = "while read line; do stty size; done"

var resizing = []situation{
	{"a terminal", func(r *run) {
		r.writeSpec(r.t, first, shell(tellSize), withTerminal)
		out := r.output("out")
		r.launch(func(q *task.CreateTaskRequest) { q.Terminal, q.Stdin, q.Stdout = true, r.stdin(), out.path() })
		in := r.input()
		for _, size := range [][2]uint32{{80, 24}, {132, 50}, {1 << 20, 3}} {
			r.call("ResizePty", &task.ResizePtyRequest{ID: first, Width: size[0], Height: size[1]})
			r.write(in, "?\n")
			out.line() // is what was typed
			out.line()
		}
		r.stop()
		r.call("ResizePty", &task.ResizePtyRequest{ID: first, Width: 10, Height: 10})
	}, nil},
	{"the terminal of an added process", func(r *run) {
		r.launch()
		out := r.output("out")
		r.call("Exec", &task.ExecProcessRequest{
			ID: first, ExecID: "second", Terminal: true, Stdin: r.stdin(), Stdout: out.path(), Spec: r.spec(process("sh", "-c", tellSize)),
		})
		r.call("ResizePty", &task.ResizePtyRequest{ID: first, ExecID: "second", Width: 10, Height: 10})
		r.start("second")
		r.call("ResizePty", &task.ResizePtyRequest{ID: first, ExecID: "second", Width: 80, Height: 24})
		r.write(r.input(), "?\n")
		out.line()
		out.line()
		r.kill("second", 9)
		r.wait("second")
		r.call("ResizePty", &task.ResizePtyRequest{ID: first, ExecID: "second", Width: 80, Height: 24})
	}, nil},
	{"no terminal", func(r *run) {
		r.launch()
		r.call("ResizePty", &task.ResizePtyRequest{ID: first, Width: 80, Height: 24})
		r.exec("second", "true")
		r.call("ResizePty", &task.ResizePtyRequest{ID: first, ExecID: "second", Width: 80, Height: 24})
		r.call("ResizePty", &task.ResizePtyRequest{ID: first, ExecID: "third", Width: 80, Height: 24})
	}, nil},
	{"an unknown container", func(r *run) { r.call("ResizePty", &task.ResizePtyRequest{ID: first}) }, nil},
}

var closing = []situation{
	{"the input", func(r *run) {
		r.writeSpec(r.t, first, running("cat"))
		out := r.output("out")
		r.launch(outputs(out), func(q *task.CreateTaskRequest) { q.Stdin = r.stdin() })
		in := r.input()
		r.write(in, "text\n")
		out.line()
		in.Close()
		// The shim keeps the FIFO open for as long.
		r.state("")
		r.call("CloseIO", &task.CloseIORequest{ID: first, Stdin: true})
		out.note()
		r.wait("")
		r.call("CloseIO", &task.CloseIORequest{ID: first, Stdin: true})
	}, nil},
	{"anything but the input", func(r *run) {
		r.writeSpec(r.t, first, running("cat"))
		out := r.output("out")
		r.launch(outputs(out), func(q *task.CreateTaskRequest) { q.Stdin = r.stdin() })
		r.input().Close()
		r.call("CloseIO", &task.CloseIORequest{ID: first})
		r.wait("")
	}, nil},
	{"no input", func(r *run) {
		r.launch()
		r.call("CloseIO", &task.CloseIORequest{ID: first, Stdin: true})
		r.call("CloseIO", &task.CloseIORequest{ID: first, ExecID: "second", Stdin: true})
	}, nil},
	{"in an unknown container", func(r *run) { r.call("CloseIO", &task.CloseIORequest{ID: first, Stdin: true}) }, nil},
}
