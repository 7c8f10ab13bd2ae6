package doctorengines

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestDockerBare has dockerd as its package installs it.
func TestDockerBare(t *testing.T) {
	h := host.New(t)
	d := h.Dockerd()
	found := require(t, "docker", pidOf(d.Pid()), "engine-not-protected")
	mentions(t, found[0].Evidence, "under runc")
	mentions(t, found[0].Fix, "unbusy install docker --set-as-default --config "+h.Dir("docker"))
	d.Run("web", "--network", "none")
	// Its containerd is its own affair, whoever else is there.
	h.Engine("kubelet")
	pid, err := os.ReadFile(filepath.Join(d.ExecRoot(), "containerd/containerd.pid"))
	if err != nil {
		t.Fatal(err)
	}
	require(t, "containerd", "(pid "+strings.TrimSpace(string(pid))+")")

	// It has unbusy, and does not know yet.
	file := filepath.Join(h.Dir("docker"), "daemon.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var settings map[string]any
	if err := json.Unmarshal(text, &settings); err != nil {
		t.Fatal(err)
	}
	settings["runtimes"] = map[string]any{"unbusy": map[string]string{"path": host.Program(t, "unbusy-runtime")}}
	settings["default-runtime"] = "unbusy"
	if text, err = json.Marshal(settings); err == nil {
		err = os.WriteFile(file, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	found = require(t, "docker", pidOf(d.Pid()), "engine-not-protected")
	mentions(t, found[0].Evidence, "has not read "+file)
	if err := syscall.Kill(d.Pid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	host.Await(t, "dockerd to have read its configuration", func() bool {
		return strings.TrimSpace(d.Docker("info", "--format", "{{.DefaultRuntime}}")) == "unbusy"
	})
	// What is there keeps its runtime.
	found = require(t, "docker", pidOf(d.Pid()), "runtime-bypasses-unbusy")
	mentions(t, found[0].Evidence, "1 container of", ": web")
	d.Docker("rm", "--force", "web")
	require(t, "docker", pidOf(d.Pid()))
}

// TestDockerProtected has dockerd with unbusy as the default, and ways past it.
func TestDockerProtected(t *testing.T) {
	h := host.New(t)
	wrapper := copyTo(t, h, host.Program(t, "unbusy-runtime"))
	link := filepath.Join(h.Dir("links"), "crun")
	if err := os.Symlink(wrapper, link); err != nil {
		t.Fatal(err)
	}
	d := h.Dockerd(host.DockerRuntime("unbusy", wrapper), host.DockerRuntime("linked", link))
	d.Run("web", "--network", "none")
	d.Docker("create", "--runtime", "linked", d.Image())
	require(t, "docker", pidOf(d.Pid()))
	mentions(t, examine(t, "docker").Summary, "20.10.", ": unbusy is the default runtime, 1 container runs")

	if err := os.Chmod(wrapper, 0o644); err != nil {
		t.Fatal(err)
	}
	found := require(t, "docker", pidOf(d.Pid()), "unbusy-binary-missing", "unbusy-binary-missing")
	mentions(t, found[1].Evidence, wrapper, "is not executable")
	if err := os.Rename(wrapper, wrapper+".gone"); err != nil {
		t.Fatal(err)
	}
	found = require(t, "docker", pidOf(d.Pid()), "unbusy-binary-missing", "unbusy-binary-missing")
	mentions(t, found[0].Evidence, "runtime linked of", link, "does not exist")
	mentions(t, found[1].Evidence, "runtime unbusy of", wrapper, "does not exist")
}

// TestDockerOtherRuntimes has runtimes beside unbusy.
func TestDockerOtherRuntimes(t *testing.T) {
	h := host.New(t)
	runc := h.Debian("runc", "runc")
	d := h.Dockerd(host.DockerRuntime("unbusy", host.Program(t, "unbusy-runtime")), host.DockerRuntime("plain", runc),
		host.DockerRuntime("sandbox", "/usr/bin/runsc"))
	found := require(t, "docker", pidOf(d.Pid()), "runtime-bypasses-unbusy")
	mentions(t, found[0].Evidence, "the runtime plain", runc)
}

// TestDockerNotDefault has unbusy only for who asks.
func TestDockerNotDefault(t *testing.T) {
	h := host.New(t)
	d := h.Dockerd(host.DockerRuntime("plain", h.Debian("runc", "runc")), host.DockerRuntime("unbusy", host.Program(t, "unbusy-runtime")))
	found := require(t, "docker", pidOf(d.Pid()), "engine-not-protected")
	mentions(t, found[0].Evidence, "under plain unless they ask for unbusy")
}

// TestLiveRestore has dockerd in a mount namespace of its own, and as it should
// be.
func TestLiveRestore(t *testing.T) {
	h := host.New(t)
	h.UnbusyConfig("")
	wrapper := host.DockerRuntime("unbusy", host.Program(t, "unbusy-runtime"))
	d := h.Dockerd(wrapper, host.LiveRestore())
	require(t, "docker", pidOf(d.Pid()))

	// The next start would not be as this one.
	dropIn := "/etc/systemd/system/docker.service.d/10-mounts.conf"
	write(t, dropIn, "[Service]\nMountFlags=slave\n")
	found := require(t, "docker", pidOf(d.Pid()), "mountflags-with-live-restore")
	mentions(t, found[0].Evidence, "MountFlags=slave in "+dropIn)
	if err := os.Remove(dropIn); err != nil {
		t.Fatal(err)
	}

	stop(t, d)
	d.StartApart("slave")
	found = require(t, "docker", pidOf(d.Pid()), "mountflags-with-live-restore")
	mentions(t, found[0].Evidence, "a mount namespace of its own")

	// Something keeps the namespace for the next start. The kernel lets it be bound
	// only if its number is higher than that of ours (mnt_ns_loop in
	// fs/namespace.c), which is a matter of luck.
	kept := h.Dir("kept")
	for _, args := range [][]string{{"--bind", kept, kept}, {"--make-private", kept}} {
		if out, err := exec.Command("mount", args...).CombinedOutput(); err != nil {
			t.Fatalf("mount %q: %v: %s", args, err, out)
		}
	}
	t.Cleanup(func() { _ = syscall.Unmount(kept, syscall.MNT_DETACH) })
	file := filepath.Join(kept, "mnt")
	write(t, file, "")
	host.Await(t, "a namespace that can be bound", func() bool {
		err := syscall.Mount(fmt.Sprintf("/proc/%d/ns/mnt", d.Pid()), file, "", syscall.MS_BIND, "")
		if errors.Is(err, syscall.EINVAL) {
			stop(t, d)
			d.StartApart("slave")
			return false
		}
		if err != nil {
			t.Fatal(err)
		}
		return true
	})
	t.Cleanup(func() { _ = syscall.Unmount(file, syscall.MNT_DETACH) })
	require(t, "docker", pidOf(d.Pid()))
}

// stop ends dockerd and waits for its containerd: a dockerd that is started before
// that has ended takes it for its own.
func stop(t *testing.T, d *host.Dockerd) {
	t.Helper()
	d.Docker("info") // it listens before it has started
	text, err := os.ReadFile(filepath.Join(d.ExecRoot(), "containerd/containerd.pid"))
	if err != nil {
		t.Fatal(err)
	}
	d.Stop()
	host.Await(t, "dockerd's containerd to end", func() bool {
		_, err := os.Stat("/proc/" + strings.TrimSpace(string(text)))
		return errors.Is(err, os.ErrNotExist)
	})
}

// TestApartWithoutLiveRestore has dockerd in a mount namespace of its own, where
// its containers end with it.
func TestApartWithoutLiveRestore(t *testing.T) {
	h := host.New(t)
	d := h.Dockerd(host.DockerRuntime("unbusy", host.Program(t, "unbusy-runtime")))
	stop(t, d)
	d.StartApart("slave")
	require(t, "docker", pidOf(d.Pid()))
}

// TestDockerShimmed has dockerd without a word about unbusy, whose containerd
// finds unbusy's shim in the place of its own.
func TestDockerShimmed(t *testing.T) {
	h := host.New(t)
	link := "/usr/local/bin/containerd-shim-runc-v2"
	layers := "lowerdir=/usr/local/bin,upperdir=" + h.Dir("bin", "upper") + ",workdir=" + h.Dir("bin", "work")
	if err := syscall.Mount("overlay", filepath.Dir(link), "overlay", 0, layers); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(filepath.Dir(link), syscall.MNT_DETACH) })
	t.Setenv("PATH", filepath.Dir(link)+":"+os.Getenv("PATH"))
	d := h.Dockerd()
	d.Run("web", "--network", "none")
	require(t, "docker", pidOf(d.Pid()), "engine-not-protected")
	if err := os.Symlink(host.Program(t, "containerd-shim-unbusy-v2"), link); err != nil {
		t.Fatal(err)
	}
	require(t, "docker", pidOf(d.Pid()))
}
