package install

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
)

// recorded tells whether a container of Docker's was started by way of
// unbusy-runtime, which leaves its record in the bundle.
func recorded(t *testing.T, d *host.Dockerd, id string) bool {
	t.Helper()
	found, err := filepath.Glob(d.ExecRoot() + "/containerd/daemon/io.containerd.runtime.v2.task/moby/" + id + "/unbusy.json")
	if err != nil {
		t.Fatal(err)
	}
	return len(found) > 0
}

func inspect(d *host.Dockerd, name, format string) string {
	return strings.TrimSpace(d.Docker("inspect", "--format", format, name))
}

func defaultRuntime(d *host.Dockerd) string {
	return strings.TrimSpace(d.Docker("info", "--format", "{{.DefaultRuntime}}"))
}

// A host gets unbusy while containers run, and loses it again.
func TestDocker(t *testing.T) {
	h := newHost(t)
	d := h.Dockerd(host.LiveRestore())
	// The pid file leads there.
	config := filepath.Join(h.Dir("docker"), "daemon.json")
	original := read(t, config)
	before := d.Run("before", "--network", "host")
	pid := inspect(d, "before", "{{.State.Pid}}")

	requireIn(t, unbusy(t, h, "install", "docker", "--set-as-default", "--dry-run"), "+++ "+config, "unbusy-runtime", "systemctl reload docker")
	if read(t, config) != original {
		t.Fatal("--dry-run has changed the file")
	}
	requireIn(t, unbusy(t, h, "install", "docker", "--set-as-default"), config+" was changed", "systemctl reload docker")
	if err := unix.Kill(d.Pid(), unix.SIGHUP); err != nil {
		t.Fatal(err)
	}
	host.Await(t, "dockerd uses unbusy", func() bool { return defaultRuntime(d) == "unbusy" })
	after := d.Run("after", "--network", "none")
	if recorded(t, d, before) || !recorded(t, d, after) {
		t.Error("the container from before runs under unbusy, or the one from afterwards does not")
	}
	// Not even a restart changes the runtime of a container.
	d.Docker("run", "--name", "once", "--network", "host", "--runtime", "runc", d.Image(), "true")
	d.Docker("start", "--attach", "once")
	requireIn(t, unbusy(t, h, "install", "docker"), "already installed")

	requireIn(t, unbusy(t, h, "uninstall", "docker"), "systemctl restart docker", "without it: after\n")
	d.Stop()
	d.Start()
	if got := defaultRuntime(d); got != "runc" {
		t.Errorf("the default runtime is %s", got)
	}
	if inspect(d, "before", "{{.State.Pid}}") != pid || inspect(d, "after", "{{.State.Running}}") != "true" {
		t.Error("the containers did not go on through the restart")
	}
	d.Docker("restart", "--time", "0", "after")
	if inspect(d, "after", "{{.State.Running}}") != "true" || inspect(d, "after", "{{.HostConfig.Runtime}}") != "unbusy" || recorded(t, d, after) {
		t.Error("the container was not started by what was behind unbusy, under its name")
	}
	d.Docker("rm", "--force", "after")
	requireIn(t, unbusy(t, h, "uninstall", "docker"), config+" was changed")
	if got := read(t, config); got != original {
		t.Errorf("the file is not what it was:\n%s\nwas\n%s", got, original)
	}
	requireNothingLeft(t)
	d.Stop()
	d.Start()
	d.Docker("rm", "--force", "once")
}
