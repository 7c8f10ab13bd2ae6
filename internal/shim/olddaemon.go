package shim

import (
	"context"
	"fmt"
	"os"

	"github.com/containerd/containerd/api/runtime/bootstrap/v1"
	runc "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2/manager"
	"github.com/containerd/containerd/v2/pkg/atomicfile"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/anypb"
)

// isOldDaemons reports whether standard input is what containerd before 2.3 gives
// to a shim that it starts: the options of the runtime, or nothing. What newer
// ones give can be read as the same message, the container's id for the type; a
// type that exists is none (containerd pkg/shim/compat.go has the reverse).
func isOldDaemons(input []byte, inv invocation) bool {
	if len(input) == 0 {
		return true
	}
	var params bootstrap.BootstrapParams
	if proto.Unmarshal(input, &params) == nil && params.GetInstanceID() == inv.id && params.GetNamespace() == inv.namespace {
		return false
	}
	var options anypb.Any
	if proto.Unmarshal(input, &options) != nil {
		return false
	}
	_, err := protoregistry.GlobalTypes.FindMessageByName(options.MessageName())
	return err == nil
}

// startForOldDaemon starts a shim for containerd before 2.3, in whose bundle the
// process is, and returns its address. That is the whole answer: all of those
// versions take it for the address of a shim that speaks version 2 of the task
// service, and containerd 1 looks for it in the bundle's file address when it is
// started again.
func startForOldDaemon(inv invocation, options []byte) (string, error) {
	params := &bootstrap.BootstrapParams{
		InstanceID: inv.id, Namespace: inv.namespace,
		ContainerdGrpcAddress: inv.address, ContainerdTtrpcAddress: os.Getenv("TTRPC_ADDRESS"),
	}
	if inv.debug {
		params.LogLevel = bootstrap.LogLevel_LOG_LEVEL_DEBUG
	}
	if len(options) > 0 {
		var extension anypb.Any
		if err := proto.Unmarshal(options, &extension); err != nil {
			return "", fmt.Errorf("read the runtime's options: %w", err)
		}
		if err := params.AddExtension(&extension); err != nil {
			return "", err
		}
	}
	ctx := namespaces.WithNamespace(context.Background(), inv.namespace)
	result, err := runc.NewShimManager(runtimeType).Start(ctx, params)
	if err != nil {
		return "", err
	}
	return result.GetAddress(), writeAddress(result.GetAddress())
}

// writeAddress writes the bundle's file address.
func writeAddress(address string) error {
	file, err := atomicfile.New("address", 0o644)
	if err != nil {
		return err
	}
	if _, err := file.Write([]byte(address)); err != nil {
		_ = file.Cancel() // the first error is the one to report
		return err
	}
	return file.Close()
}
