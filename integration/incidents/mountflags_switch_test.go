package incidents

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// theSwitch is where RHEL 7.4 and later have it.
const theSwitch = "/proc/sys/fs/may_detach_mounts"

// leftBehind is a machine of RHEL 7.4 or later that has the switch off. unbusy is
// there, and two containers from before, victim and other, which dockerd has left
// behind in its old mount namespace when it was restarted.
func leftBehind(t *testing.T) (*host.Machine, *host.MachineDocker) {
	t.Helper()
	m := newMachine(t)
	w := way{unbusy: true}
	d := m.Docker(append(w.docker(m),
		host.Behind(m.OldRule(host.SwitchOff)),
		host.ServiceSetting("MountFlags=slave"),
		// Docker 29 leaves the switch alone, and this dockerd turns it on whenever it
		// starts, unless it cannot.
		host.ServiceSetting("ExecStartPre=/usr/bin/chattr +i "+theSwitch),
		host.ServiceSetting("ExecStartPost=/usr/bin/chattr -i "+theSwitch),
		host.DaemonSetting("live-restore", true))...)
	d.Run("victim", "--runtime=runc")
	d.Run("other", "--runtime=runc")
	m.Run("systemctl", "restart", "docker")
	if host.IsMounted(t, m.MainPID("docker"), d.Merged("other")) {
		t.Fatal("the new daemon has the containers' root file systems mounted: there is nothing to show")
	}
	requireHolds(t, d.Shim(d.ID("other")), d.Merged("victim"))
	requireSwitch(t, m, "0")
	return m, d
}

// requireSwitch fails unless the switch says 0 or 1.
func requireSwitch(t *testing.T, m *host.Machine, want string) {
	t.Helper()
	if got := strings.TrimSpace(m.Run("cat", theSwitch)); got != want {
		t.Errorf("the switch says %s, want %s", got, want)
	}
}

// execs is what became of a command in a container.
func execs(m *host.Machine, container string) error {
	_, err := m.Try("docker", "exec", container, "true")
	return err
}

// TestMountFlagsSwitchIsLeftOff has a container created under unbusy where the
// switch must not be turned on, and then somebody who does it all the same.
func TestMountFlagsSwitchIsLeftOff(t *testing.T) {
	t.Parallel()
	m, d := leftBehind(t)
	d.Run("new")
	requireSwitch(t, m, "0")
	requireCauses(t, m, because("may-detach-mounts-off", "unbusy does not turn it on", "containerd-shim"),
		because("mountflags-with-live-restore", "MountFlags=slave"))

	m.Run("sh", "-c", "echo 1 >"+theSwitch)
	merged, shim := d.Merged("victim"), d.Shim(d.ID("other"))
	layer := filepath.Base(filepath.Dir(merged))
	still := keeps(t, names(m, "victim"), shim, d.Pid("other"), d.Pid("new"), m.Init(), m.MainPID("docker"))
	m.Run("docker", "stop", "--time=0", "victim")
	if out, err := m.Try("unbusy", "sweep", "--all"); err != nil {
		t.Errorf("unbusy sweep --all: %v: %s", err, out)
	}
	if host.IsMounted(t, shim, merged) {
		t.Errorf("the other container's shim has layer %s", layer)
	}
	still()
	for _, container := range []string{"other", "new"} {
		if err := execs(m, container); err != nil {
			t.Errorf("exec: %v", err)
		}
	}
}

// TestMountFlagsSwitchHurts is why it must not: dockerd, the next time it starts,
// removes what the containers' root file systems are mounted on in the namespace
// that it has left. They run on, and nothing can be executed in them any more.
func TestMountFlagsSwitchHurts(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"0", "1"} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			m, d := leftBehind(t)
			if err := execs(m, "other"); err != nil {
				t.Fatalf("exec: %v", err)
			}
			m.Run("sh", "-c", "echo "+state+" >"+theSwitch)
			m.Run("systemctl", "restart", "docker")
			requireSwitch(t, m, state)
			if state := d.State("other"); state != "running" {
				t.Errorf("docker says that the container is %s", state)
			}
			err := execs(m, "other")
			if kept := host.IsMounted(t, d.Shim(d.ID("other")), d.Merged("other")); kept != (state == "0") || kept != (err == nil) {
				t.Errorf("with the switch at %s: mounted: %v, and exec: %v", state, kept, err)
			}
		})
	}
}
