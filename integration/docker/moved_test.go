package docker

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestAloneDaemonMoved starts dockerd again in a mount namespace of its own, as a
// service that got MountFlags= or PrivateMounts=, under its containers. The
// runtime works where the containers' mounts were made, and where no engine is
// any more. One container is stopped; the other one goes on.
//
// dockerd does harm by itself then, with runc as well: it binds its data root
// onto itself where that is not shared, which hides the containers' mounts from
// it, mounts the living container's layers a second time, after which overlay
// copies no directory up in the first one, and cannot remove the root file system
// of the stopped one. So nothing is written there, and only where dockerd gets
// the host's mounts it is told to remove the container.
func TestAloneDaemonMoved(t *testing.T) {
	for _, propagation := range []string{"private", "slave"} {
		t.Run(propagation, func(t *testing.T) {
			host.Alone(t)
			d := dockerd(t, host.LiveRestore())
			living := runVictim(t, d, "living", unbusy)
			victim := runVictim(t, d, "victim", unbusy)
			agent := runAgent(t, d, "agent", stock)
			life := func() string {
				return d.Docker("exec", "living", "sh", "-c",
					"ls / /bin; hostname; readlink /proc/self/ns/net; echo on >/dev/shm/it; cat /dev/shm/it /etc/hosts")
			}
			before := life()
			d.Stop()
			d.StartApart(propagation)
			nothingElseGoes(t, d, "victim", victim.has, func() { d.Docker("stop", "--time", "0", "victim") })
			if held := victim.heldBy(t, agent); held != "" {
				t.Errorf("the agent holds %q of a container that was stopped", held)
			}
			sweepAll(t, d)
			if held := living.heldBy(t, agent); held != everything {
				t.Errorf("of a container that runs the agent has only %q", held)
			}
			if propagation == "slave" {
				d.Docker("rm", "victim")
			}
			if after := life(); after != before {
				t.Errorf("the container that lives answers %q, and before %q", after, before)
			}
			for kind, m := range living {
				if now := mountedAt(t, m.Point); now.ID != m.ID {
					t.Errorf("the %s of the container that lives is another one: %+v, not %+v", kind, now, m)
				}
			}
		})
	}
}

// sweepAll runs unbusy sweep --all, where engines were and where dockerd is now:
// nothing goes. Seen from there what dockerd could not unmount of the stopped
// container is left over, where PID 1 lives on a host, and is left all the same;
// the exit status is that of something held then. A dry run comes first: what
// lingers of somebody else's on the machine is not the test's to sweep.
func sweepAll(t *testing.T, d *host.Dockerd) {
	t.Helper()
	command := filepath.Join(filepath.Dir(wrapper(t)), "unbusy")
	for _, way := range [][]string{{"env"}, {"nsenter", "--mount", "--target", strconv.Itoa(d.Pid())}} {
		for _, option := range []string{"--dry-run", "--dry-run=false"} {
			before := allMounts(t, d, "nobody's")
			out, err := d.Host().Exec(nil, way[0], append(way[1:len(way):len(way)], command, "sweep", "--all", option)...)
			if way[0] == "env" && err != nil || strings.Contains(out, "detach") || !strings.HasSuffix(out, " --json says which and why\n") {
				t.Fatalf("%q: sweep --all %s: %v: %s", way, option, err, out)
			}
			after := allMounts(t, d, "nobody's")
			for key, mount := range before {
				if _, is := after[key]; !is {
					t.Errorf("%q: sweep --all %s: gone: %+v", way, option, mount)
				}
			}
		}
	}
}
