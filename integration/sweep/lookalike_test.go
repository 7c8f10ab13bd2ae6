package sweep

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// TestLookalikes has mounts at paths that look like those of the container that
// ends, on the host and in an agent: they belong to others.
func TestLookalikes(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		v := s.victim("victim")
		v.run(s.unbusy)
		lookalikes := []string{
			// The paths of another data root that begins with the same letters.
			filepath.Join(s.data+"-old", "overlay2/victim/merged"),
			filepath.Join(s.data+"-old", "containers/victim/mounts/shm"),
			// Another container, and what somebody has in the container's directory.
			filepath.Join(s.data, "overlay2/victim2/merged"),
			filepath.Join(s.data, "overlay2/victim/merged2"),
			// The file system that the container's layer is on.
			filepath.Join(s.data, "overlay2/victim/diff2"),
		}
		for i, dir := range lookalikes {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if i == len(lookalikes)-1 {
				v.mount(filepath.Join(s.data, "overlay2/victim/diff"), dir, "", "")
				continue
			}
			v.mount("other", dir, "tmpfs", "size=64k")
		}
		agent := s.agent("private", "")
		originals := v.originals()

		before, after := v.end(s.unbusy)
		requireLost(t, before, after, originals, agent.Pid())
		v.requireUnmounts()
		for _, dir := range lookalikes {
			if n := len(at(t, agent.Pid(), dir)); n != 1 {
				t.Errorf("the agent has %d mounts on %s", n, dir)
			}
		}
	})
}

// TestAloneReusedDeviceNumber has the engine unmount before the container is deleted,
// and the kernel give the number of the old file system to the next one. That is
// in an agent when the sweep comes, which knows the old one by its number.
func TestAloneReusedDeviceNumber(t *testing.T) {
	host.Alone(t) // others would take the number
	for _, test := range []struct {
		name string
		// again mounts something else, and returns where.
		again func(v *victim, n int) string
	}{
		{"elsewhere", func(v *victim, n int) string {
			dir := v.s.h.Dir("elsewhere", itoa(n))
			v.mount("other", dir, "tmpfs", "size=64k")
			return dir
		}},
		{"in a place that looks like the old one", func(v *victim, n int) string {
			dir := v.s.h.Dir("elsewhere", itoa(n), "overlay2", v.id, "merged")
			v.mount("other", dir, "tmpfs", "size=64k")
			return dir
		}},
		{"in the same place", func(v *victim, _ int) string {
			v.mount("other", v.merged, "tmpfs", "size=64k")
			return v.merged
		}},
		{"in the same place with the same layers", func(v *victim, _ int) string {
			v.mountRootfs()
			return v.merged
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			everyWay(t, func(t *testing.T, s *stage) {
				v := s.victim("victim")
				v.run(s.unbusy)
				old := v.originals()[0]
				v.kill()
				if err := v.unmount(); err != nil {
					t.Fatal(err)
				}
				next := v.reuse(old.Device, test.again)
				agent := s.agent("private", "")
				requireHeld(t, agent.Pid(), []observe.Mount{next})

				before := take(t, s.h)
				if r := v.delete(s.unbusy); r != (result{}) {
					t.Errorf("delete: %+v", r)
				}
				requireNothingLost(t, before, take(t, s.h))
			})
		})
	}
}

// reuse mounts until the kernel gives a number away again, and returns what has
// it.
func (v *victim) reuse(device string, again func(*victim, int) string) observe.Mount {
	v.s.t.Helper()
	for n := range 100 {
		point := again(v, n)
		m, there, err := observe.At(point)
		if err != nil || !there {
			v.s.t.Fatalf("nothing is mounted on %s: %v", point, err)
		}
		if m.Device == device {
			return m
		}
		// One that stays in its place covers those before; one that goes gives its
		// number back at once.
		if point == v.merged {
			if err := unix.Unmount(point, 0); err != nil {
				v.s.t.Fatal(err)
			}
			v.mount("filler", v.s.h.Dir("filler", itoa(n)), "tmpfs", "size=64k")
		}
	}
	v.s.t.Fatalf("the kernel does not give the number %s away again", device)
	return observe.Mount{}
}
