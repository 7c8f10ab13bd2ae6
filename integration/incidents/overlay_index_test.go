package incidents

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// An overlay of which a copy is left cannot be mounted again where the kernel keeps
// an index of what is written: "already mounted", and "upperdir
// is in-use by another mount" in the kernel's log. Docker turns the index off for
// that reason; here the overlay is mounted as by an engine that does not. Engines of
// today also remove the mountpoint of a stopped container, which takes the copies
// away: that is refused here, as RHEL 7's kernel does.
func TestOverlayIndex(t *testing.T) {
	tell(t, func(t *testing.T, w way) bool {
		m := newMachine(t)
		d := m.Docker(append(w.docker(m), host.Behind(m.OldRule(host.NoSwitch)))...)
		m.Run("ln", "-s", "/var/lib/docker", "/docker")
		victim := d.Run("victim")
		d.Run("agent", append(w.agent(), "--volume=/docker:/docker:rprivate")...)
		agent, merged := d.Pid("agent"), d.Merged("victim")
		copied := strings.TrimPrefix(merged, "/var/lib")
		requireHolds(t, agent, copied)
		still := keeps(t, names(m, "victim"), agent, m.Init(), m.MainPID("docker"))
		foretold(t, m, w, because("container-holds-others", "container agent", "/docker at /docker", "with rslave"))
		m.Run("docker", "stop", "--time=0", "victim")

		mount := []string{"mount", "-t", "overlay", "overlay", "/mnt", "-o", strings.TrimSpace(m.Run("docker", "inspect", "--format",
			"lowerdir={{.GraphDriver.Data.LowerDir}},upperdir={{.GraphDriver.Data.UpperDir}},workdir={{.GraphDriver.Data.WorkDir}},index=on", "victim"))}
		_, err := m.Try(mount...)
		averted := err == nil
		if !averted {
			requireError(t, err, "already mounted")
			requireHolds(t, agent, copied)
			m.InstallUnbusy()
			requireCauses(t, m, because("container-holds-others", "container agent", "/docker at /docker"),
				because("lingering-mount", d.ID("agent"), victim+" is stopped", "unbusy sweep --all"))
			repair(t, m, victim, []string{copied, d.ID("agent")[:12]})
			m.Run(mount...)
		}
		if host.IsMounted(t, agent, copied) {
			t.Error("the agent holds the container's root file system")
		}
		if again := d.Pid("agent"); again != agent {
			t.Errorf("the agent was restarted: %d, then %d", agent, again)
		}
		m.Run("umount", "/mnt")
		still()
		m.Run("docker", "start", "victim")
		if state := d.State(filepath.Base("victim")); state != "running" {
			t.Errorf("docker says that the container is %s", state)
		}
		return averted
	})
}
