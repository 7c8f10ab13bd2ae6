package shim

import (
	"context"
	"sync"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"google.golang.org/protobuf/types/known/emptypb"
)

// service is the task service with what is added to it.
type service struct {
	taskapi.TTRPCTaskService
	deleter   deleter
	collector *collector

	mu sync.Mutex
	// containers are those that were created and not deleted, by id. Containers
	// of a pod share a shim.
	containers map[string]container
}

// Create implements taskapi.TTRPCTaskService: it creates a container, whose
// specification is rewritten before.
func (s *service) Create(ctx context.Context, r *taskapi.CreateTaskRequest) (*taskapi.CreateTaskResponse, error) {
	defer s.collector.putOff()()
	log := logOf(ctx, r.GetID())
	var creation *creation
	guarded(log, func() { creation = prepareCreation(ctx, r, log) })
	if creation == nil {
		return s.TTRPCTaskService.Create(ctx, r)
	}
	var response *taskapi.CreateTaskResponse
	err := creation.around(s.deleter.runtime, func() (pid int, err error) {
		response, err = s.TTRPCTaskService.Create(ctx, r)
		return int(response.GetPid()), err
	})
	if err == nil {
		s.mu.Lock()
		s.containers[r.GetID()] = creation.container
		s.mu.Unlock()
	}
	return response, err
}

// Start implements taskapi.TTRPCTaskService: it starts a container or another
// process in it. When a container has started, its mounts are recorded.
func (s *service) Start(ctx context.Context, r *taskapi.StartRequest) (*taskapi.StartResponse, error) {
	if r.GetExecID() == "" {
		defer s.collector.putOff()()
	}
	response, err := s.TTRPCTaskService.Start(ctx, r)
	if r.GetExecID() == "" {
		s.mu.Lock()
		c, ok := s.containers[r.GetID()]
		s.mu.Unlock()
		if ok {
			<-c.recorded
		}
	}
	return response, err
}

// Kill implements taskapi.TTRPCTaskService: with it the end of a container begins.
func (s *service) Kill(ctx context.Context, r *taskapi.KillRequest) (*emptypb.Empty, error) {
	if r.GetExecID() == "" {
		defer s.collector.putOff()()
	}
	return s.TTRPCTaskService.Kill(ctx, r)
}

// Delete implements taskapi.TTRPCTaskService: it deletes a container and lets
// its mounts go in other mount namespaces.
func (s *service) Delete(ctx context.Context, r *taskapi.DeleteRequest) (*taskapi.DeleteResponse, error) {
	if r.GetExecID() != "" {
		return s.TTRPCTaskService.Delete(ctx, r)
	}
	defer s.collector.putOff()()
	log := logOf(ctx, r.GetID())
	s.mu.Lock()
	c, ok := s.containers[r.GetID()]
	s.mu.Unlock()
	var d *deletion
	if ok {
		<-c.recorded
		guarded(log, func() { d = s.deleter.prepare(ctx, r.GetID(), c, pod{ended: s.last}, log) })
	}
	var response *taskapi.DeleteResponse
	err := d.around(func() (err error) {
		response, err = s.TTRPCTaskService.Delete(ctx, r)
		return err
	})
	if err == nil {
		s.mu.Lock()
		delete(s.containers, r.GetID())
		s.mu.Unlock()
	}
	return response, err
}

// last reports whether there is no container but the one that is being deleted.
func (s *service) last() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.containers) <= 1
}
