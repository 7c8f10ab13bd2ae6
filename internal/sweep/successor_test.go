package sweep

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// TestMountedAnewWhileLooking has the engine mount a container's file system anew, under
// the old number, when its own namespace has been looked at and that of an agent has
// not.
func TestMountedAnewWhileLooking(t *testing.T) {
	bothWays(t, func(t *testing.T, proc bool) {
		d := newDocker(t)
		c := d.run(id, layer)
		owned := d.own(c)
		unmount := func() {
			for _, path := range []string{c.Rootfs, c.Shm} {
				if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
					t.Fatal(err)
				}
			}
		}
		unmount()
		lister := listerOf(proc)
		seen := func() *view {
			v, err := look(t.Context(), lister, Request{Owned: owned, Detach: true}, asTheyAre())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(v.close)
			return v
		}
		own := func(v *view) *cleanup.Namespace {
			for i := range v.scene.Namespaces {
				if v.scene.Namespaces[i].ID.Same(v.scene.Engine) {
					return &v.scene.Namespaces[i]
				}
			}
			t.Fatal("the engine's namespace is not in the scene")
			return nil
		}
		first := own(seen()).Mounts

		// Others mount on this machine as well.
		reused := false
		for range 200 {
			d.run(id, layer)
			if reused = d.own(c)[0].Device == owned[0].Device; reused {
				break
			}
			unmount()
		}
		if !reused {
			t.Skip("somebody else on this machine has the number by now")
		}
		agent := d.agent("private")
		w := watch(t, namespaceOf(t, agent.Process.Pid))
		v := seen()
		own(v).Mounts = first
		plan := cleanup.Plan(owned, v.scene, cleanup.Options{MayHang: mountns.MayHang})
		by := newDetacher(lister, v, owned)
		lines := results(d.apply(by, plan))
		w.wantLost(owned, 0)
		if text := strings.Join(lines, "\n"); !strings.Contains(text, errSuccessor.Error()) {
			t.Errorf("nothing was tried:\n%s", text)
		}
	})
}
