package shim

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/containerd/api/types/runc/options"
	"github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2/process"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/go-runc"
	"github.com/containerd/typeurl/v2"
)

// container is what the shim knows of one that it has created.
type container struct {
	bundle string
	// runtime is the path or the name of the OCI runtime.
	runtime string
	// state is the directory in which the runtime keeps what it knows of the
	// container. It is there as long as the runtime has the container.
	state string
	// recorded is closed when what identifies the container's mounts is in its
	// record: that is done while the container is being created or started.
	recorded chan struct{}
}

// containerOf reads a request as containerd's own code does (containerd
// cmd/containerd-shim-runc-v2/runc/container.go). Options of another type have
// none of the fields.
func containerOf(ctx context.Context, r *taskapi.CreateTaskRequest) (container, error) {
	opts := new(options.Options)
	if r.GetOptions().GetValue() != nil {
		v, err := typeurl.UnmarshalAny(r.GetOptions())
		if err != nil {
			return container{}, err
		}
		if o, ok := v.(*options.Options); ok {
			opts = o
		}
	}
	namespace, err := namespaces.NamespaceRequired(ctx)
	if err != nil {
		return container{}, err
	}
	return newContainer(r.GetBundle(), namespace, r.GetID(), opts), nil
}

func newContainer(bundle, namespace, id string, opts *options.Options) container {
	c := container{bundle: bundle, runtime: opts.GetBinaryName()}
	if c.runtime == "" {
		c.runtime = runc.DefaultCommand
	}
	root := opts.GetRoot()
	if root == "" {
		root = process.RuncRoot
	}
	c.state = filepath.Join(root, namespace, id)
	return c
}

// hasState reports whether the runtime still has a container, or that cannot be
// told.
func (c container) hasState() bool {
	_, err := os.Lstat(c.state)
	return !errors.Is(err, fs.ErrNotExist)
}
