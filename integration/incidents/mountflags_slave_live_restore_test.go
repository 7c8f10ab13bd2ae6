package incidents

import (
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// docker.service has MountFlags=slave, and live-restore keeps containers running
// while the daemon is restarted. After that their root file systems are mounted in
// the mount namespace of the shims only: the new daemon cannot unmount them, and on
// RHEL 7's kernel not remove them either: "Removal In Progress". It takes two
// containers, since with the last shim its namespace ends.
func TestMountFlagsSlaveLiveRestore(t *testing.T) {
	tell(t, func(t *testing.T, w way) bool {
		m := newMachine(t)
		m.Run("sh", "-ec", "mkdir -p /home/docker_rt; mount -t tmpfs tmpfs /home/docker_rt")
		d := m.Docker(append(w.docker(m),
			host.Behind(m.OldRule(host.NoSwitch)),
			host.ServiceSetting("MountFlags=slave"),
			host.DaemonSetting("live-restore", true),
			host.DaemonSetting("data-root", "/home/docker_rt"))...)
		victim, other := d.Run("victim"), d.Run("other")
		merged := d.Merged("victim")
		m.Run("systemctl", "restart", "docker")
		if host.IsMounted(t, m.MainPID("docker"), merged) {
			t.Fatal("the new daemon has the container's root file system mounted: there is nothing to show")
		}
		shim := d.Shim(other)
		requireHolds(t, shim, merged)

		still := keeps(t, names(m, "victim"), shim, d.Pid("other"), m.Init(), m.MainPID("docker"))

		foretold(t, m, w, because("mountflags-with-live-restore", "live-restore", "MountFlags=slave in /etc/systemd/system/docker.service"),
			because("shims-left-behind", "2 shims", "docker.service"))
		_, err := m.Try("docker", "rm", "--force", "victim")
		averted := err == nil
		if !averted {
			requireError(t, err, `driver "overlay2" failed to remove root filesystem`, "unlinkat "+merged, "device or resource busy")
			requireStuck(t, d, "victim")
			requireCauses(t, m, because("mountflags-with-live-restore", "live-restore", "MountFlags=slave in /etc/systemd/system/docker.service"),
				because("container-dead", "victim", "containerd-shim-runc-v2", merged, "unbusy sweep "+victim[:12]))
			repairContainer(t, m, victim, "containerd-shim")
		}
		if host.IsMounted(t, shim, merged) {
			t.Error("the other container's shim holds the container's root file system")
		}
		if out := m.Run("docker", "exec", "other", "echo", "alive"); out != "alive\n" {
			t.Errorf("exec in the other container says %q", out)
		}
		still()
		return averted
	})
}
