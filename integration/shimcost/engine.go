package main

import (
	"context"
	"time"

	"github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/pkg/cio"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/pkg/oci"

	"github.com/unbusy/unbusy/integration/host"
)

// namespace is containerd's that containers are made in.
const namespace = "default"

// patience bounds everything that is done with one container.
const patience = time.Minute

// engine is containerd with two shims.
type engine struct {
	t      host.T
	h      *host.Host
	client *client.Client
	image  client.Image
	shims  [2]string // paths
}

// connect connects to containerd.
func connect(t host.T, c *host.Containerd, shims [2]string) *engine {
	t.Helper()
	e := &engine{t: t, h: c.Host(), shims: shims}
	image := c.Image(namespace)
	var err error
	if e.client, err = client.New(c.Socket()); err != nil {
		t.Fatalf("connect to containerd: %v", err)
	}
	t.Cleanup(func() { _ = e.client.Close() })
	ctx, cancel := bounded()
	defer cancel()
	if e.image, err = e.client.GetImage(ctx, image); err != nil {
		t.Fatalf("get the image: %v", err)
	}
	return e
}

func bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(namespaces.WithNamespace(context.Background(), namespace), patience)
}

// container makes a container that nothing runs in, with its root file system.
func (e *engine) container(id string) client.Container {
	e.t.Helper()
	ctx, cancel := bounded()
	defer cancel()
	made, err := e.client.NewContainer(ctx, id, client.WithNewSnapshot(id, e.image),
		client.WithNewSpec(oci.WithImageConfig(e.image), oci.WithCgroup(e.h.Cgroup(id))))
	if err != nil {
		e.t.Fatalf("make container %s: %v", id, err)
	}
	return made
}

// remove removes a container that nothing runs in.
func (e *engine) remove(c client.Container) {
	e.t.Helper()
	ctx, cancel := bounded()
	defer cancel()
	if err := c.Delete(ctx, client.WithSnapshotCleanup); err != nil {
		e.t.Fatalf("remove container %s: %v", c.ID(), err)
	}
}

// create creates a container's first process under one of the shims.
func (e *engine) create(ctx context.Context, c client.Container, which int) (client.Task, error) {
	return c.NewTask(ctx, cio.NullIO, client.WithRuntimePath(e.shims[which]))
}
