package cri

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/unbusy/unbusy/integration/host"
)

// patience bounds every call.
const patience = time.Minute

// tick is how often the engine is asked for what it sends no word of.
const tick = 5 * time.Millisecond

// Engine is a container engine that serves the CRI.
type Engine struct {
	t       host.T
	h       *host.Host
	runtime runtime.RuntimeServiceClient
	images  runtime.ImageServiceClient
	image   string
}

// Containerd connects to containerd, which gets the image of pods and
// containers. Pods with a network of their own need one that was started with
// host.PodNetwork.
func Containerd(t host.T, c *host.Containerd) *Engine {
	t.Helper()
	image := c.Image("k8s.io")
	return connect(t, c.Host(), c.Socket(), image)
}

func connect(t host.T, h *host.Host, socket, image string) *Engine {
	t.Helper()
	conn, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatalf("connect to %s: %v", socket, err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	e := &Engine{
		t: t, h: h, runtime: runtime.NewRuntimeServiceClient(conn), images: runtime.NewImageServiceClient(conn), image: image,
	}
	e.Await()
	return e
}

// call makes a request and fails the test if it fails.
func call[Request, Response any](t host.T, what string, do func(context.Context, Request, ...grpc.CallOption) (Response, error), request Request) Response {
	t.Helper()
	response, err := try(do, request)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return response
}

// try makes a request.
func try[Request, Response any](do func(context.Context, Request, ...grpc.CallOption) (Response, error), request Request) (Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return do(ctx, request)
}
