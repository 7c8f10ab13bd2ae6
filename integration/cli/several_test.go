package cli

import (
	"slices"
	"strings"
	"testing"
)

// TestSeveral has several targets, of which one is not to be swept.
func TestSeveral(t *testing.T) {
	tr := newTree(t)
	merged, shm := tr.container(id, layer)
	agent := tr.agent("")
	tr.unmount(merged)
	var r struct{ Sweeps []report }
	askInto(t, &r, 1, "sweep", shm, merged)
	if len(r.Sweeps) != 2 || r.Sweeps[0].Target != shm || r.Sweeps[1].Target != merged {
		t.Fatalf("%+v", r)
	}
	if a, b := r.Sweeps[0].kinds(), r.Sweeps[1].kinds(); !slices.Equal(a, []string{"private left"}) || !slices.Equal(b, []string{"private detached"}) {
		t.Errorf("%q, %q", a, b)
	}
	if !r.Sweeps[0].Held || r.Sweeps[1].Held {
		t.Errorf("%+v", r)
	}
	tr.requireSeen(agent, []string{merged, shm}, shm)
	got := unbusy(t, "sweep", "--dry-run", shm, shm)
	if lines := strings.Split(got.stdout, "\n"); got.status != 1 || !strings.HasPrefix(lines[0], "TARGET ") || !strings.HasPrefix(lines[1], shm+" ") {
		t.Errorf("%+v", got)
	}
}
