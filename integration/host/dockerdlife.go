package host

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// LiveRestore lets containers go on while dockerd does not run.
func LiveRestore() DockerdOption {
	return func(c *dockerdConfig) { c.LiveRestore = true }
}

// DockerInRun puts dockerd's exec root where it is by default, into /run, which
// is the box's own.
func DockerInRun() DockerdOption {
	return func(c *dockerdConfig) { c.ExecRoot = "/run/docker" }
}

// clearExecRoot removes what dockerd leaves in its exec root, the host's network
// namespace among it.
func (d *Dockerd) clearExecRoot() {
	d.h.t.Helper()
	if err := errors.Join(unmountBelow(d.config.ExecRoot), removeUnmounted(d.config.ExecRoot)); err != nil {
		d.h.t.Errorf("clear dockerd's exec root: %v", err)
	}
}

// start starts dockerd. The containers end with the test before it does.
func (d *Dockerd) start(s daemonSpec) {
	d.h.t.Helper()
	d.d = d.h.start(s)
	d.h.t.Cleanup(func() {
		if len(d.names) == 0 || d.ended() {
			return
		}
		// dockerd, asked to end, gives a container that ignores SIGTERM its
		// ten seconds. One that was removed is no more to be removed.
		_, _ = d.Try(append([]string{"rm", "--force", "--volumes"}, d.names...)...)
	})
}

// Stop ends dockerd as a service manager does, and with it its containerd. Its
// containers go on under LiveRestore only.
func (d *Dockerd) Stop() {
	d.h.t.Helper()
	d.d.stop()
}

// Kill ends dockerd as a crash would. Its containers go on; its containerd is
// killed by the kernel, as dockerd asked for (moby libcontainerd/supervisor). A
// dockerd that finds the pid of the old one in use waits in vain for it to
// answer, so Kill returns when PID 1 has reaped it.
func (d *Dockerd) Kill() {
	d.h.t.Helper()
	content, err := os.ReadFile(filepath.Join(d.config.ExecRoot, "containerd/containerd.pid"))
	if err != nil {
		d.h.t.Fatalf("kill dockerd: %v", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		d.h.t.Fatalf("kill dockerd: %v", err)
	}
	d.d.kill()
	err = until(patience, "dockerd's containerd to end", func() (bool, error) {
		err := unix.Kill(pid, 0)
		return errors.Is(err, unix.ESRCH), err
	})
	if err != nil {
		d.h.t.Fatalf("kill dockerd: %v", err)
	}
}

// Start starts dockerd again after Stop or Kill, on the same directories.
func (d *Dockerd) Start() {
	d.h.t.Helper()
	d.start(d.spec)
}

// StartApart is Start in a mount namespace of dockerd's own, as a service has it
// with MountFlags= or PrivateMounts=. Its mounts get the given propagation:
// "private" or "slave".
func (d *Dockerd) StartApart(propagation string) {
	d.h.t.Helper()
	apart := d.spec
	apart.path = d.h.Debian("unshare", "util-linux")
	// unshare becomes dockerd, so that its process is the one to wait for.
	apart.args = append([]string{"--mount", "--propagation", propagation, d.spec.path}, d.spec.args...)
	d.start(apart)
}

// Pid is the pid of dockerd itself.
func (d *Dockerd) Pid() int { return d.d.cmd.Process.Pid }

// ended tells whether dockerd does not run.
func (d *Dockerd) ended() bool {
	select {
	case <-d.d.ended:
		return true
	default:
		return false
	}
}

// Await waits until docker inspect prints what is wanted of a container, and
// fails the test if it does not come to that.
func (d *Dockerd) Await(container, format string, want func(string) bool) {
	d.h.t.Helper()
	var last string
	err := until(patience, container+" to be as it should", func() (bool, error) {
		out, err := d.Try("inspect", "--format", format, container)
		last = out
		return err == nil && want(out), err
	})
	if err != nil {
		d.h.t.Fatalf("%v: last seen %q", err, last)
	}
}
