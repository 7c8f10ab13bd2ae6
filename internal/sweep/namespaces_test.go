package sweep

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/pkg/cleanup"
)

// shell is a process in a namespace of its own that has run a command there
// before it became cat.
func (d *docker) shell(command string, unshare ...string) *exec.Cmd {
	d.t.Helper()
	args := append(append([]string{"--mount", "--propagation", "private"}, unshare...), "sh", "-ec", command)
	cmd := exec.Command("unshare", args...)
	cmd.Stderr = os.Stderr
	return start(d.t, cmd)
}

// TestNamespaces has the copies in namespaces of all sorts.
func TestNamespaces(t *testing.T) {
	for _, test := range []struct {
		name string
		// command is run in the namespace, with $R for the root file system and $T for
		// an empty directory.
		command string
		unshare []string
		request Request
		// gone is how many mounts go, 2 being all there were at first.
		gone int
		// hidden is how many of them the search of /proc does not see.
		hidden int
		// want are words that are said about the copies that are left.
		want []string
		// blind says that the search of /proc does not even see that.
		blind bool
	}{
		{name: "a working directory", command: "cd $R; exec cat", gone: 2},
		{name: "an open file", command: "exec 9>$R/file; exec cat", gone: 2},
		{name: "a process with its root in it", command: "cp /bin/busybox $R/cat; exec chroot $R /cat", gone: 1, hidden: 1, want: []string{string(cleanup.RefuseRoot)}},
		{
			name:    "a process with its root below it",
			command: "mkdir $R/sub; mount -t tmpfs x $R/sub; cp /bin/busybox $R/sub/cat; exec chroot $R/sub /cat",
			gone:    1, hidden: 1, want: []string{string(cleanup.RefuseRoot)}, blind: true,
		},
		{
			name:    "copies outside of a chroot",
			command: "cp /bin/busybox $T/cat; exec chroot $T /cat", gone: 2, hidden: 2,
		},
		{
			name:    "a root that was pivoted into a copy",
			command: "mount --bind $R $R; cp /bin/busybox $R/cat; mkdir $R/old; cd $R; pivot_root . old; exec /cat", gone: 2, want: []string{string(cleanup.RefuseRoot)},
		},
		{name: "locked", command: "exec cat", unshare: []string{"-Ur"}, gone: 0, want: []string{"locked"}},
		{name: "a leaf", command: "mount --bind $R $T; exec cat", gone: 2, want: []string{string(cleanup.RefuseLeaf)}},
		{name: "a leaf that is asked for", command: "mount --bind $R $T; exec cat", gone: 3, request: Request{Leaf: true}},
		{
			name: "a leaf of a directory", command: "mkdir $R/sub; mount --bind $R/sub $T; exec cat",
			gone: 2, want: []string{string(cleanup.RefuseLeaf)},
		},
		{name: "covered", command: "mount -t tmpfs x $R; exec cat", gone: 1, want: []string{string(cleanup.RefuseCovered)}},
		{
			name: "covered by a copy", command: "mount --bind $R $R; exec cat", gone: 3,
		},
		{name: "the whole host bound", command: "mount --rbind / $T; exec cat", gone: 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, proc bool) {
				if strings.Contains(test.command, "busybox") {
					if _, err := os.Stat("/bin/busybox"); err != nil {
						t.Fatal("needs Debian's busybox-static, which hack/packages installs")
					}
				}
				d := newDocker(t)
				c := d.run(id, layer)
				owned := d.own(c)
				agent := d.shell("R="+c.Rootfs+" T="+d.mkdir("..", "empty")+"; "+test.command, test.unshare...)
				w := watch(t, namespaceOf(t, agent.Process.Pid))
				request := test.request
				request.Owned, request.Detach, request.Proc = owned, true, proc
				report := d.sweep(request)
				gone := test.gone
				if proc {
					gone -= test.hidden
				}
				w.wantLost(owned, gone)
				said := strings.Join(results(outcomes(report)), "\n")
				for _, words := range test.want {
					if !strings.Contains(said, words) && (!proc || !test.blind) {
						t.Errorf("%q is not said:\n%s", words, said)
					}
				}
				if len(test.want) == 0 && len(report.Lingering()) != 0 {
					t.Errorf("left:\n%s", said)
				}
				// Whoever has something open in a copy goes on.
				if err := agent.Process.Signal(unix.Signal(0)); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestNobodysNamespace has the copies in namespaces that no process is in.
func TestNobodysNamespace(t *testing.T) {
	for _, bound := range []bool{true, false} {
		bothWays(t, func(t *testing.T, proc bool) {
			d := newDocker(t)
			owned := d.own(d.run(id, layer))
			agent := d.agent("private")
			link := func(cmd *exec.Cmd) string { return "/proc/" + strconv.Itoa(cmd.Process.Pid) + "/ns/mnt" }
			if bound {
				dir := d.mkdir("..", "ns")
				// A namespace cannot be bound where it would be propagated to itself.
				d.mount("ns", dir, "tmpfs", "size=4k")
				if err := unix.Mount("", dir, "", unix.MS_PRIVATE, ""); err != nil {
					t.Fatal(err)
				}
				file := filepath.Join(dir, "file")
				if err := os.WriteFile(file, nil, 0o600); err != nil {
					t.Fatal(err)
				}
				// Only one that the kernel takes for a younger one can be bound in ours
				// (mnt_ns_loop in fs/namespace.c), by numbers that are not given in turn.
				for range 100 {
					err := unix.Mount(link(agent), file, "", unix.MS_BIND, "")
					if err == nil {
						break
					}
					_ = agent.Process.Kill()
					_ = agent.Wait()
					agent = d.agent("private")
				}
				t.Cleanup(func() { _ = unix.Unmount(file, unix.MNT_DETACH) })
			} else {
				file, err := os.Open(link(agent))
				if err != nil {
					t.Fatal(err)
				}
				defer file.Close()
			}
			w := watch(t, namespaceOf(t, agent.Process.Pid))
			_ = agent.Process.Kill()
			_ = agent.Wait()
			report := d.sweep(Request{Owned: owned, Detach: true, Proc: proc})
			w.wantLost(owned, 2)
			if len(report.Lingering()) != 0 {
				t.Error(results(outcomes(report)))
			}
		})
	}
}
