package cli

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// TestLeaf has a copy that somebody bound to a place of its own, beside one that
// came with everything else.
func TestLeaf(t *testing.T) {
	tr := newTree(t)
	merged, _ := tr.container(id, layer)
	place := tr.mkdir("elsewhere")
	agent := tr.agent("mount --bind " + merged + " " + place)
	tr.unmount(merged)
	both := []string{merged, place}
	tr.requireSeen(agent, both, both...)

	if got := ask(t, 1, "sweep", merged).kinds(); !slices.Equal(got, []string{"leaf left", "private detached"}) &&
		!slices.Equal(got, []string{"private detached", "leaf left"}) {
		t.Errorf("without --leaf: %q", got)
	}
	tr.requireSeen(agent, both, place)
}

// TestLeafOnRequest has the same, and somebody who wants it gone.
func TestLeafOnRequest(t *testing.T) {
	tr := newTree(t)
	merged, _ := tr.container(id, layer)
	place := tr.mkdir("elsewhere")
	agent := tr.agent("mount --bind " + merged + " " + place)
	tr.unmount(merged)
	if got := ask(t, 0, "sweep", merged, "--leaf").kinds(); !slices.Equal(got, []string{"leaf detached", "private detached"}) &&
		!slices.Equal(got, []string{"private detached", "leaf detached"}) {
		t.Errorf("with --leaf: %q", got)
	}
	tr.requireSeen(agent, []string{merged, place})
}

// TestLeafOfHostsDisk has a bind of a directory of the host's own disk, which
// every container has other binds of: none of these is a copy.
func TestLeafOfHostsDisk(t *testing.T) {
	tr := newTree(t)
	volume, mounted, other := tr.mkdir("disk", "volume"), tr.mkdir("volumes", "v", "_data"), tr.mkdir("disk", "other")
	if err := unix.Mount(volume, mounted, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	agent := tr.agent("mount --bind " + other + " /mnt")
	tr.unmount(mounted)
	ask(t, 0, "sweep", mounted, "--leaf")
	tr.requireSeen(agent, []string{mounted, "/mnt"}, "/mnt")
}
