package incidents

import (
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// A container mounts the directories of Docker and of the kubelet, and keeps the
// shared memory of every container that ran when it started: "unable to remove
// filesystem: … shm: device or resource busy". dockerd makes a plain bind of its
// own directory rslave; it does not recognise a link to it.
func TestHostPathPinsShm(t *testing.T) {
	tell(t, func(t *testing.T, w way) bool {
		m := newMachine(t)
		d := m.Docker(append(w.docker(m), host.Behind(m.OldRule(host.NoSwitch)))...)
		m.Run("ln", "-s", "/var/lib/docker", "/docker")
		victim := d.Run("victim", "--ipc=shareable")
		shm := "/var/lib/docker/containers/" + victim + "/mounts/shm"
		d.Run("agent", append(w.agent(),
			"--volume=/docker/containers:/containers:rprivate", "--volume=/var/lib/kubelet:/kubelet:rprivate")...)
		agent := d.Pid("agent")
		copied := "/containers/" + victim + "/mounts/shm"
		requireHolds(t, agent, copied)
		requireHolds(t, m.Init(), shm)

		still := keeps(t, names(m, "victim"), agent, m.Init(), m.MainPID("docker"))

		foretold(t, m, w, because("container-holds-others", "container agent", "/docker/containers at /containers", "/var/lib/kubelet at /kubelet", "with rslave"))
		_, err := m.Try("docker", "rm", "--force", "victim")
		averted := err == nil
		if !averted {
			requireError(t, err, "unable to remove filesystem for "+victim, "unlinkat "+shm, "device or resource busy")
			requireStuck(t, d, "victim")
			requireHolds(t, agent, copied)
			requireCauses(t, m, because("container-holds-others", "container agent", "/docker/containers at /containers"),
				because("container-dead", "victim", d.ID("agent")[:12], copied, "unbusy sweep "+victim[:12]))
			repairContainer(t, m, victim, d.ID("agent")[:12])
		}
		if host.IsMounted(t, agent, copied) {
			t.Error("the agent holds the container's shared memory")
		}
		if again := d.Pid("agent"); again != agent {
			t.Errorf("the agent was restarted: %d, then %d", agent, again)
		}
		still()
		return averted
	})
}
