package incidents

import (
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// A process in a user namespace of its own, as rootless engines and sandboxes have
// it, got a mount namespace while a container ran. Its copies are locked together:
// nobody can unmount one of them, and umount there says that nothing is mounted.
// unbusy cannot either. It says so, and the copy goes with its mountpoint, when the
// container is removed.
func TestUserNamespaceLock(t *testing.T) {
	tell(t, func(t *testing.T, w way) bool {
		m := newMachine(t)
		d := m.Docker(w.docker(m)...)
		victim := d.Run("victim", "--ipc=shareable")
		bystander := d.Run("bystander", "--ipc=shareable")
		shm := func(id string) string { return "/var/lib/docker/containers/" + id + "/mounts/shm" }
		m.Unit("sandbox.service", "[Service]\n"+
			"ExecStart=/usr/bin/unshare --user --map-root-user --mount --propagation private sleep infinity\n")
		m.Run("systemctl", "start", "sandbox")
		holder := m.MainPID("sandbox")
		awaitApart(t, holder, m.Init())
		requireHolds(t, holder, shm(victim))
		requireHolds(t, holder, shm(bystander))
		still := keeps(t, names(m, "victim"), holder, m.Init(), d.Pid("bystander"), m.MainPID("docker"))
		foretold(t, m, w, because("service-holds-mounts", "sandbox.service"))
		m.Run("docker", "stop", "--time=0", "victim")

		averted := !host.IsMounted(t, holder, shm(victim))
		if !averted {
			_, err := m.Try("sh", "-c", "nsenter --target $(systemctl show --property=MainPID --value sandbox) --mount umount "+shm(victim))
			requireError(t, err, shm(victim)+": not mounted")
			requireCauses(t, m, because("lingering-mount", "sandbox.service", victim+" is stopped", "locked", "remove the container"))
			requireHolder(t, m, victim, shm(victim), "locked", "sandbox.service")
			requireLeft(t, m, victim, shm(victim), "locked")
			requireHolds(t, holder, shm(victim))
		}
		m.Run("docker", "rm", "victim")
		if host.IsMounted(t, holder, shm(victim)) {
			t.Error("the holder has the shared memory of a container that is removed")
		}
		still()
		return averted
	})
}
