package shim

import (
	"context"
	"path/filepath"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/bounded"
	"github.com/unbusy/unbusy/internal/lifecycle"
	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/protect"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// deleter lets containers' mounts go when they are deleted.
type deleter struct {
	deletes *monitor
	// daemon is the path of containerd's socket.
	daemon string
}

// prepare reads what has to be known of a container before anything of it is
// removed. alone says that no other container of its pod is left. The result is
// nil if there is nothing to let go.
func (d deleter) prepare(ctx context.Context, id string, c container, alone bool, log *logrus.Entry) *deletion {
	settings := protect.Load()
	if settings.SweepBudget == 0 {
		return nil
	}
	settings.Roots = append(settings.Roots, rootsOf(c.bundle)...)
	began := time.Now()
	result := &deletion{deleter: d, container: c, described: describe(id, c, 0, settings.Config, log)}
	if settings.Err != nil {
		result.failClosed(settings.Err) // what the operator wants is not known
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settings.SweepBudget)
	defer cancel()
	prepared := make(chan []cleanup.Owned, 1)
	err := bounded.Run(ctx, func(context.Context) error {
		owned, err := lifecycle.OwnedBefore(result.described)
		prepared <- owned
		return err
	})
	if err != nil {
		result.failClosed(err)
		return nil
	}
	result.own(<-prepared, alone)
	if len(result.owned) == 0 && result.rootfs == nil {
		return nil
	}
	result.left = settings.SweepBudget - time.Since(began)
	return result
}

// own sorts what the container owns. What belongs to the pod stays as long as
// another container of the pod is left.
func (d *deletion) own(owned []cleanup.Owned, alone bool) {
	rootfs := filepath.Join(d.container.bundle, "rootfs")
	for i := range owned {
		switch o := owned[i]; {
		case o.Kind == cleanup.Rootfs:
			d.rootfs = &o
			if o.Path == rootfs && answers(o) {
				// There may be too many watches: the mount tables know as well.
				d.watch, _ = linux.WatchUnmount(o.Path, o.UniqueID)
			}
		case alone:
			d.owned = append(d.owned, o)
		default:
			d.described.Log.WithField("mount", o.Path).Info("other containers of the pod are left: its mounts are not looked for")
			d.podLeft = true
		}
	}
}

// answers reports whether a mount can be looked at without waiting for anybody,
// and whether its file system ends with the container. An overlay whose layers
// are all read-only may have them from a network.
func answers(o cleanup.Owned) bool {
	if o.FSType == "overlay" {
		return o.UpperDir != ""
	}
	return o.Root == "/" && !mountns.MayHang(o.FSType)
}
