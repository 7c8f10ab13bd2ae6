package sweep

import (
	"context"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/pkg/cleanup"
)

// TestComesBack has a holder that mounts a copy anew as soon as it is detached:
// what was detached is not all that there was.
func TestComesBack(t *testing.T) {
	bothWays(t, func(t *testing.T, proc bool) {
		d := newDocker(t)
		c := d.run(id, layer)
		owned := d.own(c)
		agent := d.agent("private")
		kept := mkdir(t, t.TempDir(), "kept")
		in(t, agent, func() error { return unix.Mount(c.Rootfs, kept, "", unix.MS_BIND, "") })
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		holder := namespaceOf(t, agent.Process.Pid)
		go func() {
			ended <- holder.Enter(func() error {
				for ctx.Err() == nil {
					var there, copied unix.Stat_t
					if err := unix.Stat(kept, &there); err != nil {
						return err
					}
					if err := unix.Stat(c.Rootfs, &copied); err != nil {
						return err
					}
					if there.Dev == copied.Dev {
						continue
					}
					if err := unix.Mount(kept, c.Rootfs, "", unix.MS_BIND, ""); err != nil {
						return err
					}
				}
				return nil
			})
		}()
		seen := false
		for tries := 0; tries < 100 && !seen; tries++ {
			for _, h := range d.sweep(Request{Owned: owned, Detach: true, Proc: proc}).Holders {
				seen = seen || h.Copy.Kind == cleanup.Private && h.Result == cleanup.Left && strings.Contains(h.Reason, "while the others were detached")
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if !seen {
			t.Error("a copy that came back was not seen")
		}
	})
}

// TestRelaysUnknown has no time to find out where unmounts arrive.
func TestRelaysUnknown(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v := &view{}
	v.relays(ctx, listerOf(false))
	if !v.scene.RelaysUnknown || len(v.incomplete) != 1 {
		t.Errorf("%+v, %q", v.scene, v.incomplete)
	}
}
