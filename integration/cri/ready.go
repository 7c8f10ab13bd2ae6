package cri

import (
	"context"
	"time"

	"google.golang.org/grpc"
	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// Await waits until the engine serves the CRI and knows the image of pods and
// containers. Both come a little after it has begun to listen, and after an
// import: calls before that are refused, and in vain. It is to be called when the
// engine was started again.
func (e *Engine) Await() {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	again := time.NewTicker(tick)
	defer again.Stop()
	request := &runtime.ImageStatusRequest{Image: &runtime.ImageSpec{Image: e.image}}
	for {
		status, err := e.images.ImageStatus(ctx, request, grpc.WaitForReady(true))
		if err == nil && status.Image != nil {
			return
		}
		select {
		case <-ctx.Done():
			e.t.Fatalf("waited %s for the engine to know %s: %v", patience, e.image, err)
		case <-again.C:
		}
	}
}
