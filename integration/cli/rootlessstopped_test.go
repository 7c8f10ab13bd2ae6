package cli

import (
	"strconv"
	"testing"
)

// TestRootlessStopped has an agent that holds what a user's podman has unmounted:
// root's podman is not asked about the user's store, which it would spoil.
func TestRootlessStopped(t *testing.T) {
	r := newRootless(t)
	r.h.Engine("dockerd")
	image := r.image()
	for _, name := range []string{"one", "two"} {
		r.start(name, image)
	}
	keeper := called(t, r.h, "podman pause")
	agent := r.h.Start("nsenter", "--mount", "--target", strconv.Itoa(keeper),
		"unshare", "--mount", "--propagation", "private", "sh", "-ec", "echo it is there; read end")
	shm := r.shm(r.podman("inspect", "--format", "{{.Id}}", "one"))
	r.podman("stop", "--time", "0", "one")
	if r.mounted(keeper, shm) != 0 || r.mounted(agent.Pid(), shm) != 1 {
		t.Fatal("there is nothing to ask about")
	}
	requireSkipped(t, sweepsNothing(t, r.h), agent.Pid(), shm, "another user's")
	r.podman("start", "one")
	for _, name := range []string{"one", "two"} {
		if got := r.podman("exec", name, "/bin/busybox", "echo", "alive"); got != "alive" {
			t.Errorf("container %s says %q", name, got)
		}
	}
	r.podman("rm", "--all", "--force", "--time", "0")
}
