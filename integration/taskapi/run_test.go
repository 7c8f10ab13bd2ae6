package taskapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	task "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/ttrpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// first is the id of the container that most situations are about.
const first = "first"

// run is a shim at work, and the transcript of what it said.
type run struct {
	t *testing.T
	place
	subject
	names  *names
	lines  []string
	events *recorder
	log    *shimLog
	client *ttrpc.Client
	conn   net.Conn
	addr   string // of its socket
	shim   *watched
	alive  []string // containers that were created and not deleted
	called map[string]bool
	awaits int // events that the calls have to have
}

// enter prepares a place, which it empties first, for a subject: the daemon's
// ears and a bundle.
func enter(t *testing.T, p place, s subject) *run {
	t.Helper()
	if err := errors.Join(p.clear(), os.MkdirAll(p.dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	r := &run{t: t, place: p, subject: s, names: newNames(), called: map[string]bool{}}
	r.events = record(t, p.ttrpc())
	p.addBundle(t, first)
	r.log = readLog(t, p.bundle(first))
	return r
}

// begin starts the shim.
func (r *run) begin(o startOptions) {
	r.t.Helper()
	r.adopt(r.place.call(r.t, r.subject, r.startCommand(r.t, r.subject, first, o)))
}

// adopt is for a shim that was started.
func (r *run) adopt(o outcome) {
	r.t.Helper()
	r.addr = r.address(r.t, o)
	r.note("start answered %s", r.addr)
	r.connect()
	r.shim = watch(r.t, r.shimPid())
}

// shimPid is the process of the shim, by its own account.
func (r *run) shimPid() int {
	r.t.Helper()
	var answer task.ConnectResponse
	if err := r.ask("Connect", &task.ConnectRequest{ID: first}, &answer); err != nil {
		r.t.Fatalf("%s: %v", r.name, err)
	}
	return int(answer.ShimPid)
}

// connect opens a new connection to the shim in place of the one there is.
func (r *run) connect() {
	r.t.Helper()
	if r.conn != nil {
		r.conn.Close()
	}
	conn, err := net.Dial("unix", strings.TrimPrefix(r.addr, "unix://"))
	if err != nil {
		r.t.Fatalf("%s: %v", r.name, err)
	}
	r.t.Cleanup(func() { conn.Close() })
	r.conn, r.client = conn, ttrpc.NewClient(conn, ttrpc.WithUnaryClientInterceptor(limitByHeader))
}

// note writes a line of the transcript.
func (r *run) note(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

// ask makes a call, which does not become part of the transcript.
func (r *run) ask(method string, q, answer proto.Message) error {
	ctx, cancel := context.WithTimeout(r.context(), patience)
	defer cancel()
	return r.client.Call(ctx, r.service, method, q, answer)
}

// context is one that says which of containerd's namespaces is meant.
func (r *run) context() context.Context {
	return ttrpc.WithMetadata(context.Background(), ttrpc.MD{"containerd-namespace-ttrpc": []string{r.namespace}})
}

// call makes a call and notes the answer, which it returns; if it is an error,
// what it returns is empty.
func (r *run) call(method string, q proto.Message) proto.Message {
	r.t.Helper()
	return r.callIn(r.context(), method, q)
}

// callIn is call in a context of its own.
func (r *run) callIn(ctx context.Context, method string, q proto.Message) proto.Message {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answer := r.answer(method)
	r.used(method, q)
	err := r.client.Call(ctx, r.service, method, q, answer)
	r.note("%s", r.said(method, answer, err))
	if err == nil {
		r.expect(q)
	}
	return answer
}

// answer is an empty answer to a call.
func (r *run) answer(method string) proto.Message {
	r.t.Helper()
	description := calls()[method]
	if description == nil {
		r.t.Fatalf("there is no call %s", method)
	}
	return r.empty(description.Output())
}

// empty is a message of a type, with nothing set.
func (r *run) empty(description protoreflect.MessageDescriptor) proto.Message {
	r.t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(description.FullName())
	if err != nil {
		r.t.Fatal(err)
	}
	return kind.New().Interface()
}

// said is an answer for comparison.
func (r *run) said(method string, answer proto.Message, err error) string {
	if err != nil {
		return method + " failed: " + errorText(err)
	}
	return method + " answered " + r.names.written(answer)
}

func errorText(err error) string {
	text := err.Error()
	if s, ok := status.FromError(err); ok {
		text = s.Code().String() + ": " + s.Message()
	}
	return plain(text)
}

// plain is a text that may have been written by the protobuf library, which has
// two kinds of spaces in its errors, so that nobody compares them.
func plain(text string) string { return strings.ReplaceAll(text, "\u00a0", " ") }

// used takes note of a call, and of what of it was used.
func (r *run) used(method string, q proto.Message) {
	r.called[method] = true
	q.ProtoReflect().Range(func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		r.called[method+"."+string(f.Name())] = true
		return true
	})
}

// expect takes note that an answer is followed by an event. The news of a
// process's end are no answer to anything.
func (r *run) expect(q proto.Message) {
	switch q := q.(type) {
	case *task.DeleteRequest:
		if q.ExecID != "" {
			return
		}
	case *task.CreateTaskRequest, *task.StartRequest, *task.ExecProcessRequest, *task.PauseRequest, *task.ResumeRequest:
	default:
		return
	}
	r.awaits++
}

// end deletes what containers there are, ends the shim and completes the
// transcript.
func (r *run) end() {
	r.t.Helper()
	for _, id := range r.alive {
		r.discard(id)
	}
	if r.shim != nil && !r.shim.ended() {
		err := r.ask("Shutdown", &task.ShutdownRequest{ID: first}, r.answer("Shutdown"))
		if err != nil && !errors.Is(err, ttrpc.ErrClosed) {
			r.t.Errorf("%s: shut down: %v", r.name, err)
		}
	}
	if r.shim != nil {
		r.shim.await(r.t)
		r.conn.Close()
	}
	r.lines = append(r.lines, r.events.written(r.names)...)
	r.events.close()
	r.lines = append(r.lines, r.log.written()...)
	r.lines = append(r.lines, r.left()...)
	if err := r.clear(); err != nil {
		r.t.Errorf("%s: %v", r.name, err)
	}
}

// discard deletes a container in whatever state it is, by the shim if it still
// lives. None of it is noted.
func (r *run) discard(id string) {
	r.t.Helper()
	if r.shim.ended() {
		r.runtime("delete", "--force", id)
		return
	}
	// What cannot be killed or resumed was ended by the situation.
	_ = r.ask("Resume", &task.ResumeRequest{ID: id}, r.answer("Resume"))
	_ = r.ask("Kill", &task.KillRequest{ID: id, Signal: 9}, r.answer("Kill"))
	var exit task.WaitResponse
	if err := r.ask("Wait", &task.WaitRequest{ID: id}, &exit); err != nil {
		r.t.Errorf("%s: wait for %s: %v", r.name, id, err)
		return
	}
	r.events.exit(r.t, exit.ExitedAt)
	var deletion task.DeleteResponse
	if err := r.ask("Delete", &task.DeleteRequest{ID: id}, &deletion); err != nil {
		r.t.Errorf("%s: delete %s: %v", r.name, id, err)
		return
	}
	r.events.deleted(r.t, id, deletion.ExitedAt)
}

// left is what there is in the place now, and whether the shim's socket is. Our
// own record of a container is not stock's, and neither is the file by which a
// shim of an old daemon tells where its socket is.
func (r *run) left() []string {
	r.t.Helper()
	var lines []string
	for _, line := range r.leftovers(r.t) {
		name := filepath.Base(strings.Fields(line)[1])
		if strings.HasPrefix(name, "unbusy") || r.old && name == "address" {
			continue
		}
		lines = append(lines, line)
	}
	if r.addr != "" {
		lines = append(lines, fmt.Sprintf("socket is there: %v", exists(strings.TrimPrefix(r.addr, "unix://"))))
	}
	return lines
}
