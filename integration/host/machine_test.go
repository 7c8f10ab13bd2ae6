package host_test

import (
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

func TestMachine(t *testing.T) {
	m := host.New(t).Machine()
	if out := m.Run("cat", "/proc/1/comm"); out != "systemd\n" {
		t.Errorf("process 1 is %q", out)
	}
	for _, at := range []string{"/", "/run", "/var/lib/docker"} {
		if out := m.Run("findmnt", "--noheadings", "--output=PROPAGATION", at); out != "shared\n" {
			t.Errorf("the propagation of %s is %q", at, out)
		}
	}
	m.Unit("holder.service", "[Service]\nExecStart=/bin/sleep infinity\nPrivateMounts=yes\n")
	m.Run("systemctl", "start", "holder")
	holder := m.MainPID("holder")
	m.Run("sh", "-ec", "mkdir /run/victim; mount -t tmpfs victim /run/victim")
	if !host.IsMounted(t, holder, "/run/victim") {
		t.Error("a mount did not arrive in a unit's namespace")
	}
	m.Run("umount", "/run/victim")
	if host.IsMounted(t, holder, "/run/victim") {
		t.Error("an unmounting did not arrive in a unit's namespace")
	}
	if host.IsMounted(t, 0, "/run/systemd") {
		t.Error("what the machine mounts is mounted here")
	}
}

func TestMachineWithDocker(t *testing.T) {
	h := host.New(t)
	h.Debian("dockerd", "docker.io")
	m := h.Machine()
	m.Unit("docker.service", "[Service]\nType=notify\nExecStart=/usr/sbin/dockerd --iptables=false --bridge=none\nDelegate=yes\nKillMode=process\n")
	m.Run("systemctl", "start", "docker")
	out := m.Run("docker", "info", "--format", "{{.Driver}} {{.CgroupDriver}} {{.DockerRootDir}}")
	if strings.TrimSpace(out) != "overlay2 systemd /var/lib/docker" {
		t.Errorf("docker says %q", out)
	}
}
