package hook

import (
	"os"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestSweep has an agent from before there were hooks, with private copies of
// everything, and a container that asks for as much. Another container is
// restarted, stopped, started and killed; a third one goes on.
func TestSweep(t *testing.T) {
	for _, runtime := range []string{"runc", "crun"} {
		for _, hooks := range [][]string{nil, ours} {
			t.Run(name(runtime, hooks), func(t *testing.T) {
				s := newStage(t, runtime, hooks)
				s.watch()
				id := s.run("victim")
				bystander := s.mounts(s.run("bystander"), 0)
				s.podman("exec", "victim", "sh", "-c", "echo mine >/tmp/written")

				for _, command := range [][]string{{"restart", "--time", "0"}, {"stop", "--time", "0"}, {"kill"}} {
					victim := s.mounts(id, 0)
					agents := []int{
						s.from(os.Getpid()).Pid(),
						s.agent(),
					}
					s.watch(agents...)
					for _, agent := range agents {
						s.requireHolds(agent, victim.rootfs, true)
						s.requireHolds(agent, victim.shm, true)
					}
					s.podman(append(command, "victim")...)
					if command[0] == "kill" {
						host.Await(t, "the mounts of a killed container to go", func() bool { return !s.mounted(victim.shm) })
					}
					for _, agent := range agents {
						s.requireHeld(id, agent, victim, hooks == nil)
						// A restart mounts anew, perhaps under the old device number.
						if hooks != nil && command[0] != "restart" {
							s.requireHolds(agent, victim.shm, false)
						}
						s.requireHolds(agent, bystander.rootfs, true)
						s.requireHolds(agent, bystander.shm, true)
					}
					s.podman("rm", "--force", "--time", "0", "agent")
					s.requireAlive("bystander")
					if command[0] == "stop" {
						s.podman("start", "victim")
					}
					if command[0] != "kill" {
						if got := s.podman("exec", "victim", "cat", "/tmp/written"); got != "mine" {
							t.Errorf("%s: in the container is written %q", command[0], got)
						}
					}
				}
			})
		}
	}
}
