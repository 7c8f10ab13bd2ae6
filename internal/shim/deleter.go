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
	runtime *monitor
	// daemon is the path of containerd's socket.
	daemon string
}

// prepare reads what has to be known of a container before anything of it is
// removed. The result is nil if there is nothing to let go.
func (d deleter) prepare(ctx context.Context, id string, c container, p pod, log *logrus.Entry) *deletion {
	settings := protect.Load()
	if settings.SweepBudget == 0 {
		return nil
	}
	settings.Roots = append(settings.Roots, rootsOf(c.bundle)...)
	began := time.Now()
	result := &deletion{deleter: d, container: c, pod: p, described: describe(id, c, 0, settings.Config, log)}
	if settings.Err != nil {
		result.failClosed(settings.Err) // what the operator wants is not known
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settings.SweepBudget)
	defer cancel()
	type prepared struct {
		owned []cleanup.Owned
		more  func() ([]cleanup.Owned, error)
	}
	ready := make(chan prepared, 1)
	err := bounded.Run(ctx, func(context.Context) error {
		owned, more, err := lifecycle.Recorded(result.described)
		if err == nil && p.sandbox != "" {
			var ofPod []cleanup.Owned
			ofPod, err = lifecycle.OwnedByPod(result.described, p.sandbox)
			owned = append(owned, ofPod...)
		}
		ready <- prepared{owned, more}
		return err
	})
	if err != nil {
		result.failClosed(err)
		return nil
	}
	found := <-ready
	result.own(found.owned)
	if found.more != nil {
		result.lookFor(found.more)
	}
	if len(result.ofPod) == 0 && result.rootfs == nil && result.rest == nil {
		return nil
	}
	result.left = settings.SweepBudget - time.Since(began)
	return result
}

// own sorts what the container owns.
func (d *deletion) own(owned []cleanup.Owned) {
	rootfs := filepath.Join(d.container.bundle, "rootfs")
	for i := range owned {
		switch o := owned[i]; o.Kind {
		case cleanup.Rootfs:
			d.rootfs = &o
			if o.Path == rootfs && answers(o) {
				// There may be too many watches: the mount tables know as well.
				d.watch, _ = linux.WatchUnmount(o.Path, o.UniqueID)
			}
		default:
			d.ofPod = append(d.ofPod, o)
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
