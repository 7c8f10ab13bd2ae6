package taskapi

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	task "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/containerd/api/types"
	"github.com/containerd/containerd/api/types/runc/options"
	"github.com/containerd/ttrpc"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/unbusy/unbusy/integration/host"
)

// create creates the first container, as the functions want it, and returns its
// pid.
func (r *run) create(changes ...func(*task.CreateTaskRequest)) int {
	r.t.Helper()
	return r.createIn(r.context(), first, changes...)
}

// createIn is create for any container, in a context of its own.
func (r *run) createIn(ctx context.Context, id string, changes ...func(*task.CreateTaskRequest)) int {
	r.t.Helper()
	q := &task.CreateTaskRequest{ID: id, Bundle: r.bundle(id), Rootfs: []*types.Mount{r.overlay(id)}}
	for _, change := range changes {
		change(q)
	}
	answer := r.callIn(ctx, "Create", q).(*task.CreateTaskResponse)
	if created := strings.HasPrefix(r.lines[len(r.lines)-1], "Create answered"); created {
		r.alive = append(r.alive, q.ID)
	}
	return int(answer.Pid)
}

// overlay is a root file system as containerd's snapshotter would have it.
func (r *run) overlay(id string) *types.Mount {
	r.t.Helper()
	layers := []string{"lowerdir=" + r.rootfs}
	for _, layer := range []string{"upperdir", "workdir"} {
		dir := filepath.Join(r.dir, "s", id, layer)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			r.t.Fatal(err)
		}
		layers = append(layers, layer+"="+dir)
	}
	return &types.Mount{Type: "overlay", Source: "overlay", Options: layers}
}

// launch creates and starts the first container, and returns its pid.
func (r *run) launch(changes ...func(*task.CreateTaskRequest)) int {
	r.t.Helper()
	pid := r.create(changes...)
	r.start("")
	return pid
}

// start starts a process of the first container; "" is the container's own.
func (r *run) start(exec string) {
	r.t.Helper()
	r.call("Start", &task.StartRequest{ID: first, ExecID: exec})
}

// state asks for the state of a process of the first container.
func (r *run) state(exec string) {
	r.t.Helper()
	r.call("State", &task.StateRequest{ID: first, ExecID: exec})
}

// exec adds a process to the first container.
func (r *run) exec(exec string, args ...string) {
	r.t.Helper()
	r.call("Exec", &task.ExecProcessRequest{ID: first, ExecID: exec, Spec: r.spec(process(args...))})
}

// spec is a process as Exec wants it.
func (r *run) spec(p *specs.Process) *anypb.Any {
	r.t.Helper()
	return r.json("types.containerd.io/opencontainers/runtime-spec/1/Process", p)
}

func (r *run) json(url string, v any) *anypb.Any {
	r.t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		r.t.Fatal(err)
	}
	return &anypb.Any{TypeUrl: url, Value: text}
}

// kill sends a signal to a process of the first container.
func (r *run) kill(exec string, signal uint32) {
	r.t.Helper()
	r.call("Kill", &task.KillRequest{ID: first, ExecID: exec, Signal: signal})
}

// stop kills the first container and waits for the news of it.
func (r *run) stop() {
	r.t.Helper()
	r.kill("", 9)
	var answer task.WaitResponse
	if err := r.ask("Wait", &task.WaitRequest{ID: first}, &answer); err != nil {
		r.t.Fatalf("%s: %v", r.name, err)
	}
	r.events.exit(r.t, answer.ExitedAt)
}

// wait waits for the end of a process of the first container, and for the news
// of it if it was ever started.
func (r *run) wait(exec string) {
	r.t.Helper()
	r.waitOf(first, exec)
}

// waitOf is wait for any container.
func (r *run) waitOf(id, exec string) {
	r.t.Helper()
	answer := r.call("Wait", &task.WaitRequest{ID: id, ExecID: exec}).(*task.WaitResponse)
	if answer.ExitedAt.GetSeconds() > 0 {
		r.events.exit(r.t, answer.ExitedAt)
	}
}

// delete deletes a process of the first container, or the container.
func (r *run) delete(exec string) {
	r.t.Helper()
	r.deleteOf(first, exec)
}

// deleteOf is delete for any container.
func (r *run) deleteOf(id, exec string) {
	r.t.Helper()
	answer := r.call("Delete", &task.DeleteRequest{ID: id, ExecID: exec}).(*task.DeleteResponse)
	if exec == "" && strings.HasPrefix(r.lines[len(r.lines)-1], "Delete answered") {
		r.events.deleted(r.t, id, answer.ExitedAt)
		r.alive = slices.DeleteFunc(r.alive, func(alive string) bool { return alive == id })
	}
}

// withOptions gives Create options of runc's.
func (r *run) withOptions(o *options.Options) func(*task.CreateTaskRequest) {
	return func(q *task.CreateTaskRequest) { q.Options = envelope(r.t, o) }
}

// outputs lets a container write to a FIFO, and errors go there, too: of what is
// no terminal, the shim wants both to be somewhere.
func outputs(o *reader) func(*task.CreateTaskRequest) {
	return func(q *task.CreateTaskRequest) { q.Stdout, q.Stderr = o.path(), o.path() }
}

// path is a file beside the bundles.
func (r *run) path(name string) string { return filepath.Join(r.dir, name) }

// fifo makes a FIFO for a process's input or output.
func (r *run) fifo(name string) string {
	r.t.Helper()
	if err := unix.Mkfifo(r.path(name), 0o700); err != nil {
		r.t.Fatal(err)
	}
	return r.path(name)
}

// reader is the end of a FIFO where output comes out. It has to be there before
// the process, and is read only then: until there is a writer, it is at its end.
type reader struct {
	r    *run
	name string
	file *os.File
}

// output makes a FIFO for output and opens it.
func (r *run) output(name string) *reader {
	r.t.Helper()
	file, err := os.OpenFile(r.fifo(name), os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { file.Close() })
	return &reader{r, name, file}
}

func (o *reader) path() string { return o.file.Name() }

// note reads to the end of the output and notes it.
func (o *reader) note() {
	o.r.t.Helper()
	if err := o.file.SetReadDeadline(time.Now().Add(patience)); err != nil {
		o.r.t.Fatal(err)
	}
	text, err := io.ReadAll(o.file)
	if err != nil {
		o.r.t.Fatalf("%s after %q: %v", o.name, text, err)
	}
	o.r.note("%s was %q", o.name, text)
}

// line notes one line of the output.
func (o *reader) line() {
	o.r.t.Helper()
	if err := o.file.SetReadDeadline(time.Now().Add(patience)); err != nil {
		o.r.t.Fatal(err)
	}
	var text []byte
	for char := make([]byte, 1); len(text) == 0 || text[len(text)-1] != '\n'; text = append(text, char...) {
		if _, err := o.file.Read(char); err != nil {
			o.r.t.Fatalf("%s after %q: %v", o.name, text, err)
		}
	}
	o.r.note("%s had the line %q", o.name, text)
}

// stdin makes a FIFO for the input of one process.
func (r *run) stdin() string { return r.fifo("in") }

// input opens that FIFO, which the process has to have by then.
func (r *run) input() *os.File {
	r.t.Helper()
	var file *os.File
	host.Await(r.t, "a reader of the input", func() (opened bool) {
		var err error
		file, err = os.OpenFile(r.path("in"), os.O_WRONLY|unix.O_NONBLOCK, 0)
		return err == nil
	})
	r.t.Cleanup(func() { file.Close() })
	return file
}

// write writes to a process's input.
func (r *run) write(file *os.File, text string) {
	r.t.Helper()
	if _, err := io.WriteString(file, text); err != nil {
		r.t.Fatal(err)
	}
}

// noteFile notes what is in a file.
func (r *run) noteFile(path string) {
	r.t.Helper()
	text, err := os.ReadFile(path)
	r.note("%s has %q, %v", strings.TrimPrefix(path, r.dir), text, err)
}

// noteLeft notes what there is in the place now.
func (r *run) noteLeft() {
	r.t.Helper()
	for _, line := range r.left() {
		r.note("now %s", line)
	}
}

// limitKey is for a time limit in a context that the shim is told of and nobody
// here keeps.
type limitKey struct{}

// limitByHeader tells the shim of that limit.
func limitByHeader(ctx context.Context, q *ttrpc.Request, a *ttrpc.Response, _ *ttrpc.UnaryClientInfo, invoke ttrpc.Invoker) error {
	if limit, ok := ctx.Value(limitKey{}).(time.Duration); ok {
		q.TimeoutNano = limit.Nanoseconds()
	}
	return invoke(ctx, q, a)
}

// limited is the context of a call that the shim has to answer in time.
func (r *run) limited(limit time.Duration) context.Context {
	return context.WithValue(r.context(), limitKey{}, limit)
}

// meanwhile makes a call whose answer is noted by the returned function, so that
// others can be made before it comes.
func (r *run) meanwhile(method string, q proto.Message) (note func()) {
	r.t.Helper()
	answer := r.answer(method)
	r.used(method, q)
	done := make(chan error, 1)
	go func() { done <- r.ask(method, q, answer) }()
	return func() {
		r.t.Helper()
		select {
		case err := <-done:
			r.note("%s", r.said(method, answer, err))
		case <-time.After(patience):
			r.t.Fatalf("%s: waited %s for the answer to %s", r.name, patience, method)
		}
	}
}

// replace writes a file anew.
func (r *run) replace(path, text string) {
	r.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}
