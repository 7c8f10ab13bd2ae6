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
	"google.golang.org/protobuf/types/known/anypb"
)

// isBootstrap reports whether standard input is what containerd from 2.3 on
// gives to a shim that it starts. What older ones give, the options of the
// runtime, can be read as the same message, hence the comparison (containerd
// pkg/shim/compat.go).
func isBootstrap(input []byte, inv invocation) bool {
	var params bootstrap.BootstrapParams
	return len(input) > 0 && proto.Unmarshal(input, &params) == nil &&
		params.GetInstanceID() == inv.id && params.GetNamespace() == inv.namespace
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
