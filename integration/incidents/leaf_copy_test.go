package incidents

import (
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// Somebody has bound a container's root file system to a place of its own. Stopping
// and removing the container goes well, and its file system lives on without a name.
// unbusy says who has it. Since somebody wanted it there, it goes only if somebody
// asks for that.
func TestLeafCopy(t *testing.T) {
	tell(t, func(t *testing.T, w way) bool {
		m := newMachine(t)
		d := m.Docker(w.docker(m)...)
		d.Run("victim")
		const place = "/srv/backup"
		merged := d.Merged("victim")
		m.Unit("backup.service", "[Service]\nPrivateMounts=yes\nMountFlags=private\n"+
			"ExecStartPre=/bin/mkdir "+place+"\nExecStart=/bin/sh -ec 'mount --bind "+merged+" "+place+"; exec sleep infinity'\n")
		m.Run("systemctl", "start", "backup")
		holder := m.MainPID("backup")
		awaitHolds(t, holder, place)
		requireHolds(t, holder, merged)
		still := keeps(t, append(names(m, "victim"), place), holder, m.Init(), m.MainPID("docker"))
		m.Run("docker", "rm", "--force", "victim")

		averted := !host.IsMounted(t, holder, place)
		if !averted {
			if host.IsMounted(t, holder, merged) {
				t.Error("the holder has a copy in the original's place")
			}
			m.InstallUnbusy()
			repair(t, m, place, []string{place, "backup.service"})
		}
		if host.IsMounted(t, holder, place) {
			t.Error("the holder has the container's root file system")
		}
		still()
		return averted
	})
}
