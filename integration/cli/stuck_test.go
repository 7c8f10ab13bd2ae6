package cli

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestStuck has what is left of a container that no engine knows any more, by
// the identifier in its path, by a prefix of that, and by the path.
func TestStuck(t *testing.T) {
	eachWay(t, func(t *testing.T, tr *tree) {
		merged, shm := tr.container(id, layer)
		agent := tr.agent("")
		places := []string{merged, shm}
		tr.requireSeen(agent, places, places...)
		tr.unmount(merged, shm)

		for _, word := range []string{layer, layer[:8], merged} {
			r := ask(t, 1, "who", word)
			if got := r.kinds(); !slices.Equal(got, []string{"private"}) || !r.Held || r.InUse != "" {
				t.Errorf("who %s: %+v", word, r)
			}
			if len(r.Mounts) != 1 || r.Mounts[0].Path != merged || r.Mounts[0].FSType != "overlay" || r.Mounts[0].Root != "/" {
				t.Errorf("who %s: mounts %+v", word, r.Mounts)
			}
			if h := r.Holders[0]; h.Mountpoint != merged || h.Propagation != "private" ||
				h.Namespace != namespaceOf(t, agent.Pid()) {
				t.Errorf("who %s: %+v", word, h)
			}
		}

		if got := ask(t, 0, "sweep", "--dry-run", layer).kinds(); !slices.Equal(got, []string{"private would-detach"}) {
			t.Errorf("a dry run: %q", got)
		}
		tr.requireSeen(agent, places, places...)
		if got := ask(t, 0, "sweep", layer[:12]).kinds(); !slices.Equal(got, []string{"private detached"}) {
			t.Errorf("sweep of the layer: %q", got)
		}
		tr.requireSeen(agent, places, shm)
		if got := ask(t, 0, "sweep", shm).kinds(); !slices.Equal(got, []string{"private detached"}) {
			t.Errorf("sweep of a path: %q", got)
		}
		tr.requireSeen(agent, places)

		got := unbusy(t, "who", layer)
		if got.status != 2 || !strings.Contains(got.stderr, "no mount has it in its path") {
			t.Errorf("who of what is nowhere: %+v", got)
		}
		if got := unbusy(t, "who", shm); got.status != 0 {
			t.Errorf("who of a directory that nothing is mounted on: %+v", got)
		}
	})
}

// TestNoAnswer has a container whose engine is known and does not answer, since
// it is none: whether the container runs is not known.
func TestNoAnswer(t *testing.T) {
	tr := newTree(t)
	merged, shm := tr.container(id, layer)
	tr.know(id, layer, "web")
	agent := tr.agent("")
	for _, word := range []string{"web", id, id[:8], layer, layer[:12], merged, shm} {
		got := unbusy(t, "sweep", word)
		if got.status != 1 || !strings.Contains(got.stdout, "whether the container runs is not known") {
			t.Errorf("sweep %s: %+v", word, got)
		}
	}
	tr.requireSeen(agent, []string{merged, shm}, merged, shm)
}

// TestStillMounted has mounts of nobody that are mounted in an engine's
// namespace all the same.
func TestStillMounted(t *testing.T) {
	tr := newTree(t)
	merged, shm := tr.container(id, layer)
	agent := tr.agent("")
	for _, word := range []string{layer, merged, shm} {
		r := ask(t, 1, "sweep", word)
		if got := r.kinds(); !slices.Equal(got, []string{"private left"}) || !strings.Contains(r.InUse, "it is mounted at ") {
			t.Errorf("sweep %s: %+v", word, r)
		}
		for _, h := range r.Holders {
			if (h.Kind == "original") == h.Holds {
				t.Errorf("%+v", h)
			}
		}
	}
	tr.requireSeen(agent, []string{merged, shm}, merged, shm)
}

// TestRootDirectory has a process whose root directory is what an engine has
// unmounted: a container lives there whose engine has gone elsewhere.
func TestRootDirectory(t *testing.T) {
	tr := newTree(t)
	merged, _ := tr.container(id, layer)
	tr.agent(fmt.Sprintf("cd %s; mkdir -p old; for d in bin lib lib64 usr; do mkdir -p $d; mount --rbind /$d $d; done\n"+
		"pivot_root . old", merged))
	holder := tr.agent("")
	tr.unmount(merged)
	r := ask(t, 1, "sweep", merged)
	if !strings.Contains(r.InUse, "it is the root directory of mnt:[") {
		t.Errorf("%+v", r)
	}
	tr.requireSeen(holder, []string{merged}, merged)
}
