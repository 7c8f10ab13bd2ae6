package shim

import (
	"fmt"

	"github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2/task"
	"github.com/containerd/containerd/v2/pkg/shim"
	"github.com/containerd/containerd/v2/pkg/shutdown"
	"github.com/containerd/containerd/v2/plugins"
	"github.com/containerd/go-runc"
	"github.com/containerd/log"
	"github.com/containerd/plugin"
	"github.com/containerd/plugin/registry"

	"github.com/unbusy/unbusy/internal/protect"
)

// register makes the task service a plugin of the shim, in place of the one that
// containerd's own shim has (containerd
// cmd/containerd-shim-runc-v2/task/plugin).
func register() {
	registry.Register(&plugin.Registration{
		Type:     plugins.TTRPCPlugin,
		ID:       "task",
		Requires: []plugin.Type{plugins.EventPlugin, plugins.InternalPlugin},
		InitFn:   newService,
	})
}

func newService(ic *plugin.InitContext) (any, error) {
	publisher, err := instance[shim.Publisher](ic, plugins.EventPlugin, "publisher")
	if err != nil {
		return nil, err
	}
	stop, err := instance[shutdown.Service](ic, plugins.InternalPlugin, "shutdown")
	if err != nil {
		return nil, err
	}
	inner, err := task.NewTaskService(ic.Context, publisher, stop)
	if err != nil {
		return nil, err
	}
	// The service has put its own in place, which reaps the shim's children.
	watched := watch(runc.Monitor)
	runc.Monitor = watched
	protect.MayDetachMounts(protect.Container{Settings: protect.Load(), Log: entry(log.G(ic.Context)), Program: program})
	c := newCollector(quiet)
	c.putOff()() // the first container is about to be created
	return &service{
		TTRPCTaskService: inner,
		collector:        c,
		containers:       make(map[string]container),
		deleter:          deleter{runtime: watched, daemon: ic.Properties[plugins.PropertyGRPCAddress]},
	}, nil
}

func instance[T any](ic *plugin.InitContext, kind plugin.Type, id string) (T, error) {
	var none T
	found, err := ic.GetByID(kind, id)
	if err != nil {
		return none, err
	}
	t, ok := found.(T)
	if !ok {
		return none, fmt.Errorf("the plugin %s.%s is a %T", kind, id, found)
	}
	return t, nil
}
