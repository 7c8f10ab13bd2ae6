package sweep

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// TestPodmanRootfs ends containers whose root file system is the user's: a
// directory, a mount, and a mount in a place where podman itself could have made
// it. The user's mounts stay everywhere; the container's shared memory goes.
func TestPodmanRootfs(t *testing.T) {
	eachPodman(t, func(t *testing.T, p *podman) {
		directory := filepath.Join(p.h.Dir("user"), "directory")
		mount := filepath.Join(p.h.Dir("user"), "mount")
		layers := filepath.Join(p.h.Dir("user"), "overlay/1f/merged")
		p.unpack(directory)
		for _, dir := range []string{mount, layers} {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=755"); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
			p.unpack(dir)
		}
		var users []observe.Mount
		for _, dir := range []string{mount, layers} {
			users = append(users, mounted(t, dir))
		}
		for _, rootfs := range []string{directory, mount, layers} {
			t.Cleanup(func() { _, _ = p.Try("rm", "--force", "--time", "0", "user") })
			id := p.Podman.Podman("run", "--detach", "--name", "user", "--cgroup-parent", p.h.Cgroup("podman"),
				"--rootfs", rootfs, "/bin/busybox", "sleep", "1000000")
			shm := mounted(t, filepath.Join(p.GraphRoot(), "overlay-containers", id[:64], "userdata/shm"))
			agent := p.agent()
			requireHeld(t, agent.Pid(), append(users, shm))
			before := take(t, p.h)
			p.Podman.Podman("stop", "--time", "0", "user")
			after := take(t, p.h)
			originals := []observe.Mount{shm}
			if p.runtime == "unbusy" {
				requireLost(t, before, after, originals, os.Getpid(), agent.Pid())
			}
			p.requireSwept(id[:64], originals)
			requireHeld(t, agent.Pid(), users)
			requireHeld(t, os.Getpid(), users)
			agent.End()
			p.Podman.Podman("rm", "user")
			if _, err := os.Stat(filepath.Join(rootfs, "bin/busybox")); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestPodmanVFS ends a container of the storage driver that mounts nothing: its
// root file system is a directory of the host's.
func TestPodmanVFS(t *testing.T) {
	eachPodman(t, func(t *testing.T, p *podman) {
		id := p.Run("victim")
		p.Run("bystander")
		shm := mounted(t, filepath.Join(p.GraphRoot(), "vfs-containers", id, "userdata/shm"))
		agent := p.agent()
		before := take(t, p.h)
		p.Podman.Podman("stop", "--time", "0", "victim")
		if p.runtime == "unbusy" {
			requireLost(t, before, take(t, p.h), []observe.Mount{shm}, os.Getpid(), agent.Pid())
		}
		p.requireSwept(id, []observe.Mount{shm})
		if got := p.exec("bystander", "echo", "alive"); got != "alive" {
			t.Errorf("the bystander says %q", got)
		}
		p.Podman.Podman("start", "victim")
		if got := p.exec("victim", "echo", "alive"); got != "alive" {
			t.Errorf("the restarted container says %q", got)
		}
	}, host.PodmanDriver("vfs"))
}

// unpack fills a directory with what a container needs.
func (p *podman) unpack(dir string) {
	p.t.Helper()
	for _, sub := range []string{"bin", "dev", "etc", "proc", "run", "sys", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			p.t.Fatal(err)
		}
	}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		p.t.Fatal(err)
	}
	text, err := os.ReadFile(busybox)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "bin/busybox"), text, 0o755)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}
