package sweep

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/unbusy/unbusy/internal/mountns"
)

// TestNear looks only where something is found, and has to say the same as the
// look at everything, which it does not fall back to.
func TestNear(t *testing.T) {
	for _, test := range []struct {
		name  string
		holds func(d *docker, rootfs string)
		// all says that the first threads of processes do not tell who it is.
		all bool
	}{
		{"nobody", func(*docker, string) {}, false},
		{"private", func(d *docker, _ string) { d.agent("private") }, false},
		{"slave and peer", func(d *docker, _ string) { d.agent("slave"); d.agent("unchanged") }, false},
		{"a root directory in it", func(d *docker, rootfs string) {
			d.shell("cp /bin/busybox " + rootfs + "/cat; exec chroot " + rootfs + " /cat")
		}, false},
		{"an engine's other thread", func(d *docker, _ string) { fakeEngine(d.t, "thread") }, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, proc bool) {
				d := newDocker(t)
				c := d.run(id, layer)
				owned := d.own(c)
				test.holds(d, c.Rootfs)
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				all := 0
				seen := asSeen()
				watched := crowd{leaders: seen.leaders, threads: func() iter.Seq2[mountns.Thread, error] {
					all++
					return seen.threads()
				}}
				v := &view{threads: watched.threads}
				found, ok := v.findNear(ctx, listerOf(proc), owned, watched)
				for i := range found {
					found[i].Close()
				}
				if !ok || (all > 0) != test.all {
					t.Fatalf("ok: %v, all threads were asked for %d times, with %d namespaces", ok, all, len(found))
				}
				request := Request{Owned: owned, Name: NameNear, Proc: proc}
				want := seenBy(d.attempt(request))
				request.Near = true
				if got := seenBy(d.attempt(request)); got != want {
					t.Errorf("near:\n%s\nall:\n%s", got, want)
				}
				if test.name != "nobody" && strings.Count(want, "\n") < 3 {
					t.Errorf("nobody holds it: %s", want)
				}
			})
		})
	}
}

// seenBy is what a report says of mounts, in a fixed order.
func seenBy(r Report) string {
	var lines []string
	for _, h := range r.Holders {
		pids := make([]int, 0, len(h.Processes))
		for _, p := range h.Processes {
			pids = append(pids, p.PID)
		}
		lines = append(lines, fmt.Sprintf("%s %s %d %s %q: %d",
			h.Copy.Namespace, h.Copy.Mount.Path, h.Copy.Mount.OldID, h.Copy.Kind, h.Copy.Refusal, pids))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n" + strings.Join(r.Incomplete, "\n")
}
