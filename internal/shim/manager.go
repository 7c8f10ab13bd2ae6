package shim

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2/runc"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/pkg/shim"
	"github.com/containerd/containerd/v2/pkg/sys/reaper"
	runcC "github.com/containerd/go-runc"
	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/pkg/cleanup"
)

// manager starts shims, and deletes what is left of a container whose shim has
// ended.
type manager struct {
	shim.Shim
	// daemon is the path of containerd's socket.
	daemon string
}

// Stop implements containerd's Shim. containerd calls it whenever a shim has
// ended, also when all was deleted before.
func (m manager) Stop(ctx context.Context, id string) (shim.StopStatus, error) {
	log := logOf(ctx, id)
	// The process reaps all its children, also those of go-runc, whose own way of
	// waiting would find nobody.
	watched := watch(reaper.Default)
	runcC.Monitor = watched
	var d *deletion
	guarded(log, func() { d = m.prepare(ctx, deleter{watched, m.daemon}, id, log) })
	var status shim.StopStatus
	err := d.around(func() (err error) {
		status, err = m.Shim.Stop(ctx, id)
		return err
	})
	return status, err
}

// prepare is for a container that was not deleted, or of which something is left
// since: then there is its record.
func (m manager) prepare(ctx context.Context, deleter deleter, id string, log *logrus.Entry) *deletion {
	bundle, err := bundleOf(ctx, id)
	if err != nil {
		return nil // which the inner Stop will say
	}
	record, err := cleanup.ReadRecord(bundle, id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	namespace, err := namespaces.NamespaceRequired(ctx)
	if err != nil {
		return nil
	}
	// An unreadable record is refused, loudly, where it is read again.
	opts, err := runc.ReadOptions(bundle)
	if err != nil {
		return nil
	}
	c := newContainer(bundle, namespace, id, opts)
	return deleter.prepare(ctx, id, c, podLeftBehind(c, id, record.Sandbox), log)
}

// bundleOf is the directory of a container that is to be deleted. The process is
// called in it, or in that of another container of the namespace (containerd
// cmd/containerd-shim-runc-v2/manager).
func bundleOf(ctx context.Context, id string) (string, error) {
	if opts, ok := ctx.Value(shim.OptsKey{}).(shim.Opts); ok && filepath.IsAbs(opts.BundlePath) {
		return opts.BundlePath, nil
	}
	cwd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	return filepath.Join(filepath.Dir(cwd), id), nil
}
