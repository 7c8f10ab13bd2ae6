package shim

import (
	"context"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/ttrpc"
)

// taskServices are the names under which daemons call the task service: the
// second one is that of containerd before 2.3. The messages are the same.
var taskServices = []string{"containerd.task.v3.Task", "containerd.task.v2.Task"}

// RegisterTTRPC implements containerd's TTRPCService.
func (s *service) RegisterTTRPC(server *ttrpc.Server) error {
	methods := taskMethods(s)
	for _, name := range taskServices {
		server.RegisterService(name, &ttrpc.ServiceDesc{Methods: methods})
	}
	return nil
}

// taskMethods are the calls of the task service by name.
func taskMethods(s taskapi.TTRPCTaskService) map[string]ttrpc.Method {
	return map[string]ttrpc.Method{
		"State":      method(s.State),
		"Create":     method(s.Create),
		"Start":      method(s.Start),
		"Delete":     method(s.Delete),
		"Pids":       method(s.Pids),
		"Pause":      method(s.Pause),
		"Resume":     method(s.Resume),
		"Checkpoint": method(s.Checkpoint),
		"Kill":       method(s.Kill),
		"Exec":       method(s.Exec),
		"ResizePty":  method(s.ResizePty),
		"CloseIO":    method(s.CloseIO),
		"Update":     method(s.Update),
		"Wait":       method(s.Wait),
		"Stats":      method(s.Stats),
		"Connect":    method(s.Connect),
		"Shutdown":   method(s.Shutdown),
	}
}

// method makes a call of a service out of a function.
func method[Request, Response any](f func(context.Context, *Request) (*Response, error)) ttrpc.Method {
	return func(ctx context.Context, unmarshal func(any) error) (any, error) {
		request := new(Request)
		if err := unmarshal(request); err != nil {
			return nil, err
		}
		return f(ctx, request)
	}
}
