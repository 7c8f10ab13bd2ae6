package sweep

import (
	"testing"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

func TestSweep(t *testing.T) {
	for _, test := range []struct {
		propagation string
		kind        cleanup.CopyKind
		left        int
	}{
		{"private", cleanup.Private, 0},
		{"slave", cleanup.Slave, 0},
		{"unchanged", cleanup.Peer, 2},
	} {
		for _, proc := range []bool{false, true} {
			name := test.propagation
			if proc {
				name += " by /proc"
			}
			t.Run(name, func(t *testing.T) {
				d := newDocker(t)
				owned := d.own(d.run(id, layer))
				if !Nothing(mountns.NewLister(), owned) {
					t.Error("something is there before anybody has a copy")
				}
				agent := d.agent(test.propagation)
				d.holds(agent, 2)
				if Nothing(mountns.NewLister(), owned) {
					t.Error("nothing is there")
				}
				report := d.sweep(Request{Owned: owned, Detach: true, Proc: proc})
				d.holds(agent, test.left)
				d.holds(d.engine, 2)
				copies := 0
				for _, h := range report.Holders {
					if h.Copy.Kind == cleanup.Original {
						continue
					}
					copies++
					if h.Copy.Kind != test.kind {
						t.Errorf("kind %s, want %s: %+v", h.Copy.Kind, test.kind, h)
					}
				}
				if copies != 2 || len(report.Lingering()) != test.left || len(report.Incomplete) != 0 {
					t.Errorf("%d copies, incomplete %q: %+v", copies, report.Incomplete, report.Lingering())
				}
			})
		}
	}
}
