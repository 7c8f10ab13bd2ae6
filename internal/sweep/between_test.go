package sweep

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/pkg/cleanup"
)

// TestBetweenLookAndDetach lets something happen in the holder, or on the host,
// after the plan was made.
func TestBetweenLookAndDetach(t *testing.T) {
	for _, test := range []struct {
		name        string
		propagation string
		// change does it, with the root file system mounted at path.
		change func(t *testing.T, d *docker, agent *exec.Cmd, path string)
		// lost is how many mounts go after it.
		lost int
		// want is a part of what is said about the copy of the root file system.
		want string
	}{
		{
			name: "nothing", propagation: "private", lost: 2, want: "detached",
			change: func(*testing.T, *docker, *exec.Cmd, string) {},
		},
		{
			name: "the holder is killed", propagation: "private", lost: 2, want: "detached",
			change: func(_ *testing.T, _ *docker, agent *exec.Cmd, _ string) {
				_ = agent.Process.Kill()
				_ = agent.Wait()
			},
		},
		{
			name: "unmounted", propagation: "private", lost: 1, want: "gone",
			change: func(t *testing.T, _ *docker, agent *exec.Cmd, path string) {
				in(t, agent, func() error { return unix.Unmount(path, unix.MNT_DETACH) })
			},
		},
		{
			name: "replaced by another file system", propagation: "private", lost: 1, want: "another mount is there",
			change: func(t *testing.T, _ *docker, agent *exec.Cmd, path string) {
				in(t, agent, func() error {
					if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
						return err
					}
					return unix.Mount("new", path, "tmpfs", 0, "size=4k")
				})
			},
		},
		{
			name: "replaced by a new copy", propagation: "private", lost: 1, want: "another mount is there",
			change: func(t *testing.T, _ *docker, agent *exec.Cmd, path string) {
				in(t, agent, func() error { return unix.Unmount(path, unix.MNT_DETACH) })
				clone(t, agent, path, path)
			},
		},
		{
			name: "covered", propagation: "private", lost: 1, want: "another mount is there",
			change: func(t *testing.T, _ *docker, agent *exec.Cmd, path string) {
				in(t, agent, func() error { return unix.Mount("new", path, "tmpfs", 0, "size=4k") })
			},
		},
		{
			name: "something is mounted below it", propagation: "private", lost: 1, want: string(cleanup.RefuseCovered),
			change: func(t *testing.T, _ *docker, agent *exec.Cmd, path string) {
				in(t, agent, func() error {
					if err := os.Mkdir(filepath.Join(path, "below"), 0o755); err != nil {
						return err
					}
					return unix.Mount("new", filepath.Join(path, "below"), "tmpfs", 0, "size=4k")
				})
			},
		},
		{
			name: "the engine mounts something below it", propagation: "unchanged", lost: 1, want: string(cleanup.RefuseCovered),
			change: func(t *testing.T, d *docker, _ *exec.Cmd, path string) {
				d.mount("new", mkdir(t, path, "volume"), "tmpfs", "size=4k")
			},
		},
		{
			name: "moved", propagation: "private", lost: 1, want: "gone",
			change: func(t *testing.T, _ *docker, agent *exec.Cmd, path string) {
				in(t, agent, func() error {
					elsewhere := filepath.Join(filepath.Dir(path), "elsewhere")
					if err := os.Mkdir(elsewhere, 0o755); err != nil {
						return err
					}
					if err := unix.Mount("new", elsewhere, "tmpfs", 0, "size=4k"); err != nil {
						return err
					}
					if err := os.Mkdir(filepath.Join(elsewhere, "x"), 0o755); err != nil {
						return err
					}
					return unix.Mount(path, filepath.Join(elsewhere, "x"), "", unix.MS_MOVE, "")
				})
			},
		},
		{
			name: "mounted on another one", propagation: "private", lost: 1, want: "where its unmounting would be seen has changed",
			change: func(t *testing.T, _ *docker, agent *exec.Cmd, path string) {
				elsewhere := t.TempDir()
				in(t, agent, func() error {
					dir := filepath.Dir(path)
					return errors.Join(unix.Mount(path, elsewhere, "", unix.MS_MOVE, ""),
						unix.Mount(dir, dir, "", unix.MS_BIND, ""), unix.Mount(elsewhere, path, "", unix.MS_MOVE, ""))
				})
			},
		},
		{
			name: "a thread of the engine enters", propagation: "private", lost: 0, want: string(cleanup.RefuseProtected),
			change: func(_ *testing.T, d *docker, agent *exec.Cmd, _ string) { d.enter(agent) },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, proc bool) {
				d := newDocker(t)
				c := d.run(id, layer)
				owned := d.own(c)
				d.engine = fakeEngine(t, "enter")
				agent := d.agent(test.propagation)
				if test.propagation == "unchanged" {
					// Its mounts are peers of ours, but for those that the container's are
					// mounted on.
					privateParents(t, agent, owned)
				}
				ns := namespaceOf(t, agent.Process.Pid)
				by, plan := d.plan(owned, proc)
				test.change(t, d, agent, c.Rootfs)
				w := watch(t, ns)
				outcomes := d.apply(by, plan)
				w.wantLost(owned, test.lost)
				for _, line := range results(outcomes) {
					if strings.HasPrefix(line, c.Rootfs+" ") && !strings.Contains(line, test.want) {
						t.Errorf("%q, want %q", line, test.want)
					}
				}
			})
		})
	}
}

// privateParents makes the mounts private that the copies are mounted on, and
// them alone.
func privateParents(t *testing.T, agent *exec.Cmd, owned []cleanup.Owned) {
	t.Helper()
	ns := namespaceOf(t, agent.Process.Pid)
	now := watch(t, ns).mounts
	for _, s := range now {
		if s.namespace != ns.Inode || !isCopyOf(owned, s) {
			continue
		}
		parent := now[s.mount.UniqueParent].mount.Path
		in(t, agent, func() error { return unix.Mount("", parent, "", unix.MS_PRIVATE, "") })
	}
}

func mkdir(t *testing.T, names ...string) string {
	t.Helper()
	dir := filepath.Join(names...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
