package sweep

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/victim"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

const (
	id    = "3f2a9d0c1b7e4f6a8d5c3b2a1908f7e6d5c4b3a29180f7e6d5c4b3a29180f7e6"
	layer = "9b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d8e9fa"
)

// docker is a host on which an engine has mounted a container's root file system
// and shared memory.
type docker struct {
	t      *testing.T
	root   string // the data root
	areas  []spec.Area
	engine *exec.Cmd
}

// newDocker makes one. Its engine is a process that has nothing of dockerd but
// the name.
func newDocker(t *testing.T) *docker {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root; `make test` runs it as root as well")
	}
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := &docker{t: t, root: filepath.Join(top, "docker")}
	d.areas = []spec.Area{{Root: d.root, Owner: "overlay2/*"}, {Root: d.root, Owner: "containers/*"}}
	dockerd := filepath.Join(top, "dockerd")
	text, err := os.ReadFile("/bin/cat")
	if err == nil {
		err = os.WriteFile(dockerd, text, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	d.engine = start(t, exec.Command(dockerd))
	return d
}

// inputs and outputs are the standard ones of processes that were started.
var (
	inputs  = map[*exec.Cmd]io.WriteCloser{}
	outputs = map[*exec.Cmd]io.Reader{}
)

// start starts a process that is there until it is killed or the test is over.
func start(t *testing.T, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	inputs[cmd] = stdin
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	outputs[cmd] = stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have been ended by the test
		_ = cmd.Wait()
	})
	// It has executed its program once it answers.
	if _, err := stdin.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(stdout, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func (d *docker) mkdir(names ...string) string {
	d.t.Helper()
	dir := filepath.Join(append([]string{d.root}, names...)...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		d.t.Fatal(err)
	}
	return dir
}

// run mounts what dockerd mounts for a container.
func (d *docker) run(container, layer string) cleanup.Container {
	d.t.Helper()
	merged := d.mkdir("overlay2", layer, "merged")
	options := "lowerdir=" + d.mkdir("overlay2", layer, "lower") +
		",upperdir=" + d.mkdir("overlay2", layer, "diff") + ",workdir=" + d.mkdir("overlay2", layer, "work")
	d.mount("overlay", merged, "overlay", options)
	shm := d.mkdir("containers", container, "mounts", "shm")
	d.mount("shm", shm, "tmpfs", "size=64k")
	return cleanup.Container{ID: container, Rootfs: merged, Shm: shm}
}

func (d *docker) mount(source, target, fstype, options string) {
	d.t.Helper()
	if err := unix.Mount(source, target, fstype, 0, options); err != nil {
		d.t.Fatalf("mount %s: %v", target, err)
	}
	d.t.Cleanup(func() { _ = unix.Unmount(target, unix.MNT_DETACH) })
}

// own is what the container owns.
func (d *docker) own(c cleanup.Container) []cleanup.Owned {
	d.t.Helper()
	owned, err := victim.Own(mountns.NewLister(), c, func([]mount.Mount) []spec.Area { return d.areas })
	if err != nil {
		d.t.Fatal(err)
	}
	if len(owned) != 2 {
		d.t.Fatalf("owned: %+v", owned)
	}
	return owned
}

// agent starts a process in a mount namespace of its own whose mounts have the
// given propagation.
func (d *docker) agent(propagation string) *exec.Cmd {
	d.t.Helper()
	return start(d.t, exec.Command("unshare", "--mount", "--propagation", propagation, "cat"))
}

// table is the mount table of a process.
func (d *docker) table(cmd *exec.Cmd) string {
	d.t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(cmd.Process.Pid) + "/mountinfo")
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}

// holds checks how many mounts of the container a process has.
func (d *docker) holds(cmd *exec.Cmd, want int) {
	d.t.Helper()
	table := d.table(cmd)
	if got := strings.Count(table, "/merged ") + strings.Count(table, "/mounts/shm "); got != want {
		d.t.Errorf("%d mounts of the container in %s, want %d:\n%s", got, cmd.Args, want, table)
	}
}

// sweep carries out a request.
func (d *docker) sweep(r Request) Report {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 20*time.Second)
	defer cancel()
	report, err := Run(ctx, r)
	if err != nil {
		d.t.Fatal(err)
	}
	if report.Aborted != "" {
		d.t.Fatal(report.Aborted)
	}
	return report
}
