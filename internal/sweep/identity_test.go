package sweep

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/pkg/cleanup"
)

// otherLayer is that of a second container, whose path differs in a few places.
var (
	otherLayer = strings.Replace(layer, "9b1c", "9b1d", 1)
	otherID    = strings.Replace(id, "3f2a", "3f2b", 1)
)

// TestReusedNumber unmounts all that a record is about and mounts file systems
// until one has the number that a recorded one had.
func TestReusedNumber(t *testing.T) {
	bothWays(t, func(t *testing.T, proc bool) {
		for _, test := range []struct{ elsewhere, goes bool }{{}, {elsewhere: true}, {goes: true}} {
			d := newDocker(t)
			c := d.run(id, layer)
			owned := d.own(c)
			for _, path := range []string{c.Rootfs, c.Shm} {
				if err := unix.Unmount(path, 0); err != nil {
					t.Fatal(err)
				}
			}
			shm := owned[1]
			path := c.Shm
			if test.elsewhere {
				path = d.mkdir("containers", otherID, "mounts", "shm")
			}
			// Others mount on this machine as well: it may take some, one over the other.
			reused := false
			for range 200 {
				d.mount("shm", path, "tmpfs", "size=64k")
				var stat unix.Stat_t
				if err := unix.Stat(path, &stat); err != nil {
					t.Fatal(err)
				}
				if unix.Major(stat.Dev) == shm.Device.Major && unix.Minor(stat.Dev) == shm.Device.Minor {
					reused = true
					break
				}
			}
			if !reused {
				t.Skip("somebody else on this machine has the number by now")
			}
			agent := d.agent("private")
			if test.goes {
				// Only the copy is left: nothing says that it is not the container's but
				// the file system itself.
				for unix.Unmount(path, 0) == nil {
				}
			}
			w := watch(t, namespaceOf(t, agent.Process.Pid))
			for _, request := range []Request{
				{Owned: owned, Detach: true, Proc: proc},
				{Owned: owned, Detach: true, Proc: proc, Leaf: true, Host: true},
			} {
				report := d.sweep(request)
				w.wantLost(owned, 0)
				for _, h := range report.Holders {
					if h.Result != cleanup.Left {
						t.Errorf("%+v", h)
					}
				}
			}
		}
	})
}

// TestRestarted has copies of two runs of a container: only what is left of the
// first may go.
func TestRestarted(t *testing.T) {
	bothWays(t, func(t *testing.T, proc bool) {
		d := newDocker(t)
		c := d.run(id, layer)
		old := d.own(c)
		first := d.agent("private")
		for _, path := range []string{c.Rootfs, c.Shm} {
			if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
				t.Fatal(err)
			}
		}
		d.run(id, layer)
		second := d.agent("private")
		ns, ns2 := namespaceOf(t, first.Process.Pid), namespaceOf(t, second.Process.Pid)
		w := watch(t, ns, ns2)
		report := d.sweep(Request{Owned: old, Detach: true, Proc: proc})
		lost := w.wantForeign(old)
		for _, s := range lost {
			if s.namespace != ns.Inode {
				t.Errorf("lost: %s", s)
			}
		}
		// The root file system is known by its layer, and a tmpfs by its own number, if
		// the age of the next run's is known.
		if proc && len(lost) != 0 || !proc && len(lost) != 2 {
			t.Errorf("%v: %v", lost, results(outcomes(report)))
		}
		d.sweep(Request{Owned: old, Detach: true, Proc: proc, ByPlace: true})
		d.holds(first, 0)
		d.holds(second, 2)
		d.holds(d.engine, 2)
	})
}

// TestOriginalGoes lets the engine unmount when the plan was made. A copy that the
// kernel tells from all other mounts was one then, and goes.
func TestOriginalGoes(t *testing.T) {
	bothWays(t, func(t *testing.T, proc bool) {
		d := newDocker(t)
		c := d.run(id, layer)
		owned := d.own(c)
		agent := d.agent("private")
		by, plan := d.plan(owned, proc)
		if err := unix.Unmount(c.Rootfs, 0); err != nil {
			t.Fatal(err)
		}
		w := watch(t, namespaceOf(t, agent.Process.Pid))
		lines := results(d.apply(by, plan))
		lost, want := 2, "detached"
		if proc {
			lost, want = 1, "left the engine's own mount is not what it was"
		}
		w.wantLost(owned, lost)
		for _, line := range lines {
			if strings.HasPrefix(line, c.Rootfs) && strings.Contains(line, " private ") && !strings.Contains(line, want) {
				t.Error(line)
			}
		}
		// The next one knows what was left.
		d.sweep(Request{Owned: owned, Detach: true, Proc: proc})
		d.holds(agent, 0)
	})
}

// TestBystanders are other containers, one of the same image, and mounts whose
// paths look like the victim's.
func TestBystanders(t *testing.T) {
	bothWays(t, func(t *testing.T, proc bool) {
		d := newDocker(t)
		c := d.run(id, layer)
		owned := d.own(c)
		other := d.run(otherID, otherLayer)
		agent := d.agent("private")
		tail := "/overlay2/" + layer + "/merged"
		lookalike := t.TempDir()
		in(t, agent, func() error {
			if err := unix.Mount("x", lookalike, "tmpfs", 0, "size=64k"); err != nil {
				return err
			}
			if err := os.MkdirAll(lookalike+tail, 0o755); err != nil {
				return err
			}
			if err := unix.Mount("x", lookalike+tail, "tmpfs", 0, "size=4k"); err != nil {
				return err
			}
			if err := os.MkdirAll(lookalike+"/other"+tail, 0o755); err != nil {
				return err
			}
			return unix.Mount(other.Rootfs, lookalike+"/other"+tail, "", unix.MS_BIND, "")
		})
		w := watch(t, namespaceOf(t, agent.Process.Pid))
		d.sweep(Request{Owned: owned, Detach: true, Proc: proc, Leaf: true, Host: true, ByPlace: true})
		w.wantLost(owned, 2)
	})
}
