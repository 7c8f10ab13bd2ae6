package shim

import (
	"context"
	"net"
	"time"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/ttrpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/unbusy/unbusy/integration/host"
)

// shimCalls calls the shim of a container as containerd does, so that it can be
// looked at what is there between the shim's answer and what containerd does
// next: removing the bundle takes on this kernel away what others have mounted
// there.
type shimCalls struct {
	s      *stage
	k      *host.Container
	client *ttrpc.Client
}

func (s *stage) shim(k *host.Container) *shimCalls {
	s.t.Helper()
	connection, err := net.Dial("unix", s.c.ShimSocket(k.ID()))
	if err != nil {
		s.t.Fatal(err)
	}
	client := ttrpc.NewClient(connection)
	s.t.Cleanup(func() { _ = client.Close() }) // the shim may have ended
	return &shimCalls{s: s, k: k, client: client}
}

// call calls the task service by the name that the shim has for it: 1.x's own
// shims know the earlier one.
func (c *shimCalls) call(method string, request, response proto.Message) error {
	ctx, cancel := context.WithTimeout(namespaces.WithNamespace(context.Background(), "default"), time.Minute)
	defer cancel()
	err := c.client.Call(ctx, "containerd.task.v3.Task", method, request, response)
	if status.Code(err) == codes.Unimplemented {
		err = c.client.Call(ctx, "containerd.task.v2.Task", method, request, response)
	}
	return err
}

// kill kills the container and waits until the shim knows that it has ended.
func (c *shimCalls) kill() {
	c.s.t.Helper()
	c.s.c.Ctr("task", "kill", "--signal", "SIGKILL", c.k.ID())
	if err := c.call("Wait", &taskapi.WaitRequest{ID: c.k.ID()}, new(taskapi.WaitResponse)); err != nil {
		c.s.t.Fatal(err)
	}
}

// delete has the shim delete the container's task.
func (c *shimCalls) delete() (*taskapi.DeleteResponse, error) {
	response := new(taskapi.DeleteResponse)
	err := c.call("Delete", &taskapi.DeleteRequest{ID: c.k.ID()}, response)
	return response, err
}

// requireDeletes kills the container and fails unless the shim deletes its task,
// with the exit status of what was killed.
func (c *shimCalls) requireDeletes() {
	c.s.t.Helper()
	c.kill()
	response, err := c.delete()
	if err != nil || response.GetExitStatus() != 137 {
		c.s.t.Errorf("%s: delete: %v, %v", c.k.ID(), response, err)
	}
}

// shutdown ends the shim, which has nothing left to serve. containerd notices, and
// removes the bundle.
func (c *shimCalls) shutdown() {
	c.s.t.Helper()
	_ = c.call("Shutdown", &taskapi.ShutdownRequest{ID: c.k.ID()}, new(emptypb.Empty)) // it may not live to answer
	host.Await(c.s.t, "the bundle of "+c.k.ID()+" to be gone", func() bool { return !exists(c.s.t, c.k.Bundle()) })
	c.k.Delete()
}
