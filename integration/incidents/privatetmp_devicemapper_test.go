package incidents

import (
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// A web server with PrivateTmp= is restarted while containers run. The storage
// driver's home is a private mount, so the server's copies of the containers' root
// file systems never go, and the containers cannot be removed on RHEL 7's kernel:
// "Driver devicemapper failed to remove root filesystem: Device is Busy". This
// kernel has no device mapper; the private home is made for overlay2 here.
func TestPrivateTmpDevicemapper(t *testing.T) {
	tell(t, [][]part{{sweep}}, func(t *testing.T, w way) bool {
		m := host.New(t).Machine()
		privateHome(m)
		d := m.Docker(append(w.docker(m), host.Behind(m.OldRule(host.NoSwitch)))...)
		m.Unit("nginx.service.d/tmp.conf", "[Service]\nPrivateTmp=true\n")
		m.Run("systemctl", "start", "nginx")

		victim := d.Run("victim")
		merged := d.Merged("victim")
		m.Run("systemctl", "restart", "nginx")
		nginx := m.MainPID("nginx")
		requireHolds(t, nginx, merged)

		_, err := m.Try("docker", "rm", "--force", "victim")
		averted := err == nil
		if !averted {
			requireError(t, err, `driver "overlay2" failed to remove root filesystem`, "unlinkat "+merged, "device or resource busy")
			requireStuck(t, d, "victim")
			requireHolds(t, nginx, merged)
			repair(t, m, victim, "nginx.service")
		}
		if holds(t, nginx, merged) {
			t.Error("nginx holds the container's root file system")
		}
		if again := m.MainPID("nginx"); again != nginx {
			t.Errorf("nginx was restarted: %d, then %d", nginx, again)
		}
		return averted
	})
}
