package taskapi

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/containerd/containerd/api/events"
	eventsapi "github.com/containerd/containerd/api/services/ttrpc/events/v1"
	"github.com/containerd/containerd/api/types"
	"github.com/containerd/ttrpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// recorder takes the events that shims send, as the daemon does.
type recorder struct {
	server *ttrpc.Server
	socket string

	mu   sync.Mutex
	seen []*types.Envelope
	oom  []string
	// unordered is for events of which any may be first.
	unordered bool
	more      chan struct{} // closed when there is another one
}

// record begins to take the events that are sent to a socket.
func record(t *testing.T, socket string) *recorder {
	t.Helper()
	r := &recorder{socket: socket, more: make(chan struct{})}
	server, err := ttrpc.NewServer()
	if err != nil {
		t.Fatal(err)
	}
	r.server = server
	eventsapi.RegisterTTRPCEventsService(server, r)
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	// It ends with Close, and its error says so.
	go func() { _ = server.Serve(context.Background(), l) }()
	t.Cleanup(r.close)
	return r
}

func (r *recorder) close() {
	_ = r.server.Close() // a second time it is closed already
	_ = os.Remove(r.socket)
}

// Forward is how an event comes.
func (r *recorder) Forward(_ context.Context, q *eventsapi.ForwardRequest) (*emptypb.Empty, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, q.Envelope)
	close(r.more)
	r.more = make(chan struct{})
	return &emptypb.Empty{}, nil
}

// await waits for an event of which is true what is asked.
func (r *recorder) await(t *testing.T, what string, is func(proto.Message) bool) {
	t.Helper()
	r.awaitAll(t, "the event that "+what, func(all []proto.Message) bool { return slices.ContainsFunc(all, is) })
}

// awaitAll waits until what is asked is true of all events together.
func (r *recorder) awaitAll(t *testing.T, what string, is func([]proto.Message) bool) {
	t.Helper()
	limit := time.After(patience)
	for {
		r.mu.Lock()
		seen, more := r.seen, r.more
		r.mu.Unlock()
		var all []proto.Message
		for _, e := range seen {
			m, err := e.Event.UnmarshalNew()
			if err != nil {
				t.Fatalf("the event %s: %v", e.Topic, err)
			}
			all = append(all, m)
		}
		if is(all) {
			return
		}
		select {
		case <-more:
		case <-limit:
			t.Fatalf("waited %s for %s: %v", patience, what, seen)
		}
	}
}

// exit waits until the exit of a process was announced that happened at that
// time.
func (r *recorder) exit(t *testing.T, at *timestamppb.Timestamp) {
	t.Helper()
	r.await(t, "something has exited", func(m proto.Message) bool {
		e, ok := m.(*events.TaskExit)
		return ok && proto.Equal(e.ExitedAt, at)
	})
}

// answers waits until there were as many events that follow a call.
func (r *recorder) answers(t *testing.T, n int) {
	t.Helper()
	r.awaitAll(t, fmt.Sprintf("%d events that follow calls", n), func(all []proto.Message) bool {
		following := 0
		for _, m := range all {
			switch m.(type) {
			case *events.TaskExit, *events.TaskOOM:
			default:
				following++
			}
		}
		return following >= n
	})
}

// deleted waits until the deletion of a container was announced whose exit
// happened at that time.
func (r *recorder) deleted(t *testing.T, id string, at *timestamppb.Timestamp) {
	t.Helper()
	r.await(t, id+" was deleted", func(m proto.Message) bool {
		e, ok := m.(*events.TaskDelete)
		return ok && e.ContainerID == id && proto.Equal(e.ExitedAt, at)
	})
}

// written are the events for comparison, in the order in which they came. Those
// about memory come by a way of their own, more than once, and also when a
// cgroup is removed at the wrong moment: they count, once, if they were waited
// for.
func (r *recorder) written(n *names) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lines []string
	for _, e := range r.seen {
		if e.Topic == "/tasks/oom" {
			continue
		}
		if r.unordered {
			lines = append(lines, "event "+e.Topic+" "+e.Namespace+" "+n.any(e.Event))
			continue
		}
		lines = append(lines, "event "+n.written(e))
	}
	if r.unordered {
		slices.Sort(lines)
	}
	return append(lines, r.oom...)
}

// outOfMemory waits until it was announced that a container was.
func (r *recorder) outOfMemory(t *testing.T, id string) {
	t.Helper()
	r.await(t, id+" is out of memory", func(m proto.Message) bool {
		e, ok := m.(*events.TaskOOM)
		return ok && e.ContainerID == id
	})
	r.oom = append(r.oom, "event that "+id+" is out of memory")
}
