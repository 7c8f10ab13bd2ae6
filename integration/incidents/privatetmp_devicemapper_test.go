package incidents

import (
	"errors"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// composeFile is a service of somebody's, in the project's own network.
const composeFile = `version: "2.4"
services:
  web:
    image: ` + host.ImageName + `
    stop_grace_period: 0s
`

// A web server with PrivateTmp= is restarted while containers run. The storage
// driver's home is a private mount, so the server's copies of the containers' root
// file systems never go. docker-compose cannot take the project down any more on RHEL
// 7's kernel: "Driver devicemapper failed to remove root filesystem: Device is
// Busy". This kernel has no device mapper; the private home is made for overlay2
// here.
func TestPrivateTmpDevicemapper(t *testing.T) {
	tell(t, func(t *testing.T, w way) bool {
		m := newMachine(t)
		privateHome(m)
		d := m.Docker(append(w.docker(m), host.Behind(m.OldRule(host.NoSwitch)))...)
		m.Unit("nginx.service.d/tmp.conf", "[Service]\nPrivateTmp=true\n")
		m.Run("systemctl", "start", "nginx")

		m.Write("/srv/shop/docker-compose.yml", composeFile)
		compose := func(command string) (said string, err error) {
			return m.Try("sh", "-ec", "cd /srv/shop; exec docker-compose --ansi=never "+command+" 2>&1")
		}
		if said, err := compose("up --detach"); err != nil {
			t.Fatalf("docker-compose up: %v: %s", err, said)
		}
		const victim = "shop_web_1"
		merged, id := d.Merged(victim), d.ID(victim)
		m.Run("systemctl", "restart", "nginx")
		nginx := m.MainPID("nginx")
		requireHolds(t, nginx, merged)
		still := keeps(t, names(m, victim), nginx, m.Init(), m.MainPID("docker"))

		foretold(t, m, w, because("private-mount-over-root", "/var/lib/docker/overlay2"), because("service-holds-mounts", "nginx.service"))
		// Its exit status is 0 in any case.
		said, err := compose("down")
		averted := err == nil && !strings.Contains(said, "ERROR")
		if !averted {
			requireError(t, errors.New(said), `driver "overlay2" failed to remove root filesystem`, "unlinkat "+merged, "device or resource busy")
			requireStuck(t, d, victim)
			requireHolds(t, nginx, merged)
			again, err := compose("up --detach")
			requireError(t, err, "exit status 1")
			requireError(t, errors.New(again), "container is marked for removal and cannot be started")
			requireCauses(t, m, because("private-mount-over-root", "/var/lib/docker/overlay2", "mount --make-shared"),
				because("container-dead", victim, "nginx.service", "unbusy sweep "+id[:12]))
			repairContainer(t, m, id, "nginx.service")
		}
		if host.IsMounted(t, nginx, merged) {
			t.Error("nginx holds the container's root file system")
		}
		still()
		if said, err := compose("up --detach"); err != nil {
			t.Errorf("docker-compose up: %v: %s", err, said)
		}
		if state := d.State(victim); state != "running" {
			t.Errorf("docker says that the container is %s", state)
		}
		if again := m.MainPID("nginx"); again != nginx {
			t.Errorf("nginx was restarted: %d, then %d", nginx, again)
		}
		return averted
	})
}
