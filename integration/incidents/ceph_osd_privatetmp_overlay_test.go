package incidents

import (
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// After a reboot, ceph-osd and ntpd start while containers run already, with
// namespaces of their own, and the
// storage driver's home is a private mount. Nobody can remove these containers,
// and who holds them is found by searching every mountinfo. ceph-osd stands for
// itself by the settings of its unit.
func TestCephOSDPrivateTmpOverlay(t *testing.T) {
	tell(t, func(t *testing.T, w way) bool {
		m := newMachine(t)
		privateHome(m)
		d := m.Docker(append(w.docker(m), host.Behind(m.OldRule(host.NoSwitch)))...)
		victim := d.Run("app")
		merged := d.Merged("app")
		m.Unit("ceph-osd@.service", `[Service]
ExecStart=/bin/sleep infinity
LimitNOFILE=16384
ProtectHome=true
ProtectSystem=full
PrivateTmp=true
TasksMax=infinity
KillMode=process
Restart=on-failure
`)
		m.Unit("ntp.service", "[Service]\nExecStart=/bin/sleep infinity\nPrivateTmp=true\n")
		m.Run("systemctl", "start", "ceph-osd@3", "ntp")
		osd, ntp := m.MainPID("ceph-osd@3"), m.MainPID("ntp")
		requireHolds(t, osd, merged)
		requireHolds(t, ntp, merged)

		still := keeps(t, names(m, "app"), osd, ntp, m.Init(), m.MainPID("docker"))

		foretold(t, m, w, because("private-mount-over-root", "/var/lib/docker/overlay2"),
			because("service-holds-mounts", "ceph-osd@3.service"), because("service-holds-mounts", "ntp.service"))
		_, err := m.Try("docker", "rm", "--force", "app")
		averted := err == nil
		if !averted {
			requireError(t, err, `driver "overlay2" failed to remove root filesystem`, "unlinkat "+merged, "device or resource busy")
			requireStuck(t, d, "app")
			requireCauses(t, m, because("private-mount-over-root", "/var/lib/docker/overlay2", "mount --make-shared"),
				because("container-dead", "app", "ceph-osd@3.service", "ntp.service", "unbusy sweep "+victim[:12]))
			repairContainer(t, m, victim, "ceph-osd@3.service", "ntp.service")
		}
		for _, service := range []struct {
			name string
			pid  int
		}{{"ceph-osd@3", osd}, {"ntp", ntp}} {
			if host.IsMounted(t, service.pid, merged) {
				t.Errorf("%s holds the container's root file system", service.name)
			}
			if again := m.MainPID(service.name); again != service.pid {
				t.Errorf("%s was restarted: %d, then %d", service.name, service.pid, again)
			}
		}
		still()
		return averted
	})
}
