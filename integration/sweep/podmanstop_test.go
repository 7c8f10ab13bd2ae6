package sweep

import "testing"

// TestPodmanStop stops, starts, restarts and removes a container of which an
// agent has copies, and a second one of the same image goes on. A restart
// deletes the container and creates it on the mount that it had.
func TestPodmanStop(t *testing.T) {
	eachPodman(t, func(t *testing.T, p *podman) {
		id := p.Run("victim")
		bystander := p.mounts(p.Run("bystander"))
		p.exec("victim", "sh", "-c", "echo mine >/tmp/written")

		for _, command := range [][]string{{"restart", "--time", "0"}, {"stop", "--time", "0"}, {"start"}, {"rm", "--force", "--time", "0"}} {
			mounts := p.mounts(id)
			agent := p.agent()
			requireHeld(t, agent.Pid(), append(mounts, bystander...))
			p.Podman.Podman(append(command, "victim")...)
			if command[0] != "start" {
				p.requireSwept(id, mounts)
			}
			if command[0] == "start" || command[0] == "restart" {
				if got := p.exec("victim", "cat", "/tmp/written"); got != "mine" {
					t.Errorf("%s: in the container is written %q", command[0], got)
				}
			}
			requireHeld(t, agent.Pid(), bystander)
			if got := p.exec("bystander", "echo", "alive"); got != "alive" {
				t.Errorf("%s: the bystander says %q", command[0], got)
			}
			agent.End()
		}
	})
}
