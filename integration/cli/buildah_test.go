package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// buildah is Debian's buildah with a storage of its own. It has neither a daemon
// nor a monitor: between two commands nothing of it runs.
type buildah struct {
	t          *testing.T
	h          *host.Host
	graph, run string
	path       string // of the program
}

func newBuildah(t *testing.T) *buildah {
	t.Helper()
	h := host.New(t)
	b := &buildah{
		t: t, h: h, graph: h.Dir("buildah", "root"), run: h.Dir("buildah", "run"),
		path: h.Debian("buildah", "buildah"),
	}
	h.UnbusyConfig("")
	// Only what containers/storage itself reads says which two belong together.
	storage := fmt.Sprintf("[storage]\ndriver = \"overlay\"\ngraphroot = %q\nrunroot = %q\n", b.graph, b.run)
	err := os.MkdirAll("/etc/containers", 0o755)
	if err == nil {
		err = os.WriteFile("/etc/containers/storage.conf", []byte(storage), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// command is how a program is called with the storage.
func (b *buildah) command(program string, args ...string) []string {
	return append([]string{
		"/usr/bin/env", "TMPDIR=" + b.h.Dir("buildah", "tmp"),
		program, "--root", b.graph, "--runroot", b.run, "--storage-driver", "overlay",
	}, args...)
}

func (b *buildah) exec(command []string) string {
	b.t.Helper()
	out, err := b.h.Exec(nil, command[0], command[1:]...)
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

func (b *buildah) buildah(args ...string) string {
	b.t.Helper()
	return b.exec(b.command(b.path, args...))
}

// apart starts a shell that has private copies of all mounts, and runs a command
// there first.
func (b *buildah) apart(command ...string) *host.Process {
	b.t.Helper()
	script := `"$@" >&2; echo it is there; read end`
	if len(command) == 0 {
		command = []string{"true"}
	}
	return b.h.Start("unshare", append([]string{"--mount", "--propagation", "private", "sh", "-ec", script, "sh"}, command...)...)
}

// TestBuildah has a container that buildah works on by its mount, which is held
// by an agent as well: in our namespace, then in that of a script of somebody's,
// where there is nothing to tell that but the store.
func TestBuildah(t *testing.T) {
	b := newBuildah(t)
	// Where no engine runs nothing is ever detached.
	b.h.Engine("dockerd")
	b.buildah("from", "--name", "work", "scratch")
	point := b.buildah("mount", "work")
	file := filepath.Join(point, "file")
	if err := os.WriteFile(file, []byte("work"), 0o644); err != nil {
		t.Fatal(err)
	}
	agent := b.apart()

	requireSkipped(t, sweepsNothing(t, b.h), agent.Pid(), point, "it is mounted at "+point)
	b.requireFile(file, "work")

	// The directory goes with the mount, and with the directory what others have
	// mounted on it.
	b.buildah("unmount", "work")
	b.requireNothing(agent, point)

	// Podman can be asked about the store from now on. Whenever it is called while a
	// container is mounted it leaves its driver's directory mounted on itself.
	script := b.apart(b.command(b.path, "mount", "work")...)
	b.exec(b.command(b.h.Debian("podman", "podman"), "ps", "--all", "--external"))
	requireSkipped(t, sweepsNothing(t, b.h), script.Pid(), point, "is running")
	b.requireFile("/proc/"+strconv.Itoa(script.Pid())+"/root"+file, "work")

	script.End()
	b.buildah("rm", "work")
	b.requireNothing(agent, point)
}

// requireNothing fails unless an agent has nothing on a mountpoint, and neither
// that nor anything else of the store is said to be held by anybody.
func (b *buildah) requireNothing(agent *host.Process, point string) {
	b.t.Helper()
	mounts, err := observe.Mounts(agent.Pid())
	if err != nil {
		b.t.Fatal(err)
	}
	if slices.ContainsFunc(mounts, func(m observe.Mount) bool { return m.Point == point }) {
		b.t.Errorf("the agent has %s still", point)
	}
	for _, s := range sweepsNothing(b.t, b.h) {
		if strings.HasPrefix(s.Path, b.graph) {
			b.t.Errorf("skipped, after the mount is gone: %+v", s)
		}
	}
}

func (b *buildah) requireFile(path, want string) {
	b.t.Helper()
	if text, err := os.ReadFile(path); err != nil || string(text) != want {
		b.t.Errorf("in %s there is %q, %v", path, text, err)
	}
}
