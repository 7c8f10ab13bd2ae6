package docker

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// The names under which dockerd knows the runtimes.
const (
	stock  = "runc"
	unbusy = "unbusy" // the default one
)

// dockerd starts dockerd with its exec root in /run and unbusy-runtime as what
// containers run under that ask for nothing else.
func dockerd(t *testing.T, opts ...host.DockerdOption) *host.Dockerd {
	t.Helper()
	h := host.New(t)
	configure(h, "")
	tellEvents(t)
	opts = append(opts, host.DockerInRun(), host.DockerRuntime(unbusy, wrapper(t)))
	return h.Dockerd(opts...)
}

// configure sets what is not at its default: how long a sweep takes on a machine
// that has other things to do is not what the tests are about.
func configure(h *host.Host, more string) { h.UnbusyConfig(host.Patient + more) }

// tellEvents shows what unbusy-runtime has noted of its own failures in the box,
// if the test fails.
func tellEvents(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		if events, err := os.ReadFile("/run/unbusy/events"); err == nil && t.Failed() {
			t.Logf("events:\n%s", events)
		}
	})
}

// wrapper is the unbusy-runtime under test.
func wrapper(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(os.Getenv("UNBUSY_BIN"), "unbusy-runtime"))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatalf("UNBUSY_BIN must name the directory that make build fills: %v", err)
	}
	return path
}

// victimOptions give a container all the mounts that dockerd makes for one: its
// root, its own shared memory and its own network namespace.
var victimOptions = []string{"--ipc", "shareable", "--network", "none"}

// run runs a container of the image in the background under a runtime.
func run(d *host.Dockerd, name, runtime string, options ...string) {
	d.Run(name, append([]string{"--runtime", runtime}, options...)...)
}

// runVictim runs a container whose mounts are of interest and returns them.
func runVictim(t *testing.T, d *host.Dockerd, name, runtime string, options ...string) mounts {
	t.Helper()
	run(d, name, runtime, append(options, victimOptions...)...)
	return ownMounts(t, d, name)
}

// runAgent runs a container that binds dockerd's directories so that dockerd
// lets it pass: it makes a plain bind of / or of its data root rslave by itself
// and refuses rprivate there, but it compares paths as text and knows nothing of
// its exec root (moby daemon/volumes_linux.go, validateBindDaemonRoot). Under
// runc that is an agent from before unbusy. Its pid is returned.
func runAgent(t *testing.T, d *host.Dockerd, name, runtime string) int {
	t.Helper()
	run(d, name, runtime, "--network", "host", "--hostname", name,
		"--volume", linkTo(t, d.Host(), d.DataRoot())+":/data-root:rprivate", "--volume", "/run:/run-of-host:rprivate")
	return pidOf(t, d, name)
}

// linkTo makes a symbolic link to a directory.
func linkTo(t *testing.T, h *host.Host, dir string) string {
	t.Helper()
	link := filepath.Join(h.Dir("links"), filepath.Base(dir))
	if err := os.Symlink(dir, link); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	return link
}

// pidOf is the pid of a container's first process.
func pidOf(t *testing.T, d *host.Dockerd, name string) int {
	t.Helper()
	var pid int
	if _, err := fmt.Sscan(inspect(d, name, "{{.State.Pid}}"), &pid); err != nil || pid == 0 {
		t.Fatalf("%s has no process: %v", name, err)
	}
	return pid
}

// inspect prints something that dockerd knows of a container.
func inspect(d *host.Dockerd, name, format string) string {
	return strings.TrimSpace(d.Docker("inspect", "--format", format, name))
}

// mounts are those that dockerd has made for one container, by what they are:
// rootfs, shm, netns.
type mounts map[string]observe.Mount

// ownMounts finds the mounts of a running container.
func ownMounts(t *testing.T, d *host.Dockerd, name string) mounts {
	t.Helper()
	id := inspect(d, name, "{{.Id}}")
	found := mounts{}
	for kind, path := range map[string]string{
		"rootfs": inspect(d, name, "{{.GraphDriver.Data.MergedDir}}"),
		"shm":    filepath.Join(d.DataRoot(), "containers", id, "mounts/shm"),
		"netns":  inspect(d, name, "{{.NetworkSettings.SandboxKey}}"),
	} {
		// It names /var/run.
		if kind == "netns" {
			path = filepath.Join(d.ExecRoot(), "netns", filepath.Base(path))
		}
		found[kind] = mountedAt(t, path)
	}
	return found
}

// heldBy names what a process's namespace has of a container's mounts, wherever,
// in alphabetical order: "netns rootfs shm". The kernel gives the device number
// of a file system that is gone to the next one, so the namespace must not get
// new mounts meanwhile.
func (m mounts) heldBy(t *testing.T, pid int) string {
	t.Helper()
	table, err := observe.Mounts(pid)
	if err != nil {
		t.Fatal(err)
	}
	return m.heldIn(table)
}

func (m mounts) heldIn(table []observe.Mount) string {
	var held []string
	for _, kind := range []string{"netns", "rootfs", "shm"} {
		for _, c := range table {
			if c.Device == m[kind].Device && c.Root == m[kind].Root {
				held = append(held, kind)
				break
			}
		}
	}
	return strings.Join(held, " ")
}

// everything is what heldBy says of a namespace that has all of it.
const everything = "netns rootfs shm"

// mountedAt is what is mounted on a path of the host.
func mountedAt(t *testing.T, path string) observe.Mount {
	t.Helper()
	m, is, err := observe.At(path)
	if err != nil || !is {
		t.Fatalf("nothing is mounted on %s: %v", path, err)
	}
	return m
}
