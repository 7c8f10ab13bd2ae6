package docker

import (
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/observe"
)

// TestJoined has containers that live in the shared memory and the network
// namespace of another one. One of them ends, then the one that all of it
// belongs to; those that are left go on with what they have, under
// unbusy-runtime as under runc.
func TestJoined(t *testing.T) {
	d := dockerd(t)
	for _, runtime := range []string{stock, unbusy} {
		owner, guest, other := "owner-"+runtime, "guest-"+runtime, "other-"+runtime
		m := runVictim(t, d, owner, runtime)
		for _, name := range []string{guest, other} {
			run(d, name, runtime, "--ipc", "container:"+owner, "--network", "container:"+owner)
		}
		agent := runAgent(t, d, "agent-"+runtime, stock)
		d.Docker("exec", owner, "sh", "-c", "echo shared >/dev/shm/word")
		network := d.Docker("exec", owner, "readlink", "/proc/self/ns/net")
		lives := func(name string) {
			t.Helper()
			stillFine(t, d, name)
			if word := d.Docker("exec", name, "cat", "/dev/shm/word"); word != "shared\n" {
				t.Errorf("%s reads %q in the shared memory", name, word)
			}
			if now := d.Docker("exec", name, "readlink", "/proc/self/ns/net"); now != network {
				t.Errorf("%s is in another network namespace: %s, not %s", name, now, network)
			}
		}

		guestMounts := mounts{"rootfs": mountedAt(t, inspect(d, guest, "{{.GraphDriver.Data.MergedDir}}"))}
		nothingElseGoes(t, d, guest, guestMounts.has, func() { d.Docker("rm", "--force", guest) })
		lives(owner)
		lives(other)

		// What other has of the shared memory is other's own.
		owners := func(mount observe.Mount) bool {
			return m.has(mount) && !strings.HasPrefix(mount.Point, "/dev/shm")
		}
		nothingElseGoes(t, d, owner, owners, func() { d.Docker("stop", "--time", "0", owner) })
		lives(other)
		if held := m.heldBy(t, agent); runtime == unbusy && held != "" {
			t.Errorf("the agent holds %q of a container that was stopped", held)
		}
		d.Docker("rm", owner)
		lives(other)
	}
}
