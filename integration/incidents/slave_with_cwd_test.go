package incidents

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// An agent gets the host's unmounts, as it should, and works in a container's root
// file system. The container ends, and its shim cannot unmount that: it tries for
// seconds and gives up.
func TestSlaveWithCwd(t *testing.T) {
	tell(t, func(t *testing.T, w way) bool {
		n := newNode(t, w)
		c := n.containerd()
		// Other tests' containers, which unbusy sees as well, have other names.
		const name = "worked-in"
		victim := c.Run(name, host.Under(n.handler()))
		rootfs := victim.Rootfs()
		agent := c.Run("agent", host.Under(n.agentHandler()), host.Bind("/", "/host", "rbind", "rslave"),
			host.Args("sh", "-c", "cd /host"+rootfs+" && exec sleep 1000000"))
		host.Await(t, "the agent to be at work", func() bool {
			dir, err := os.Readlink("/proc/" + strconv.Itoa(agent.Pid()) + "/cwd")
			return err == nil && strings.HasSuffix(dir, rootfs)
		})
		requireHolds(t, agent.Pid(), "/host"+rootfs)
		still := n.keeps(agent.Pid(), rootfs)

		n.foretold(because("copy-in-use", strconv.Itoa(agent.Pid()), rootfs))
		_, err := c.Try("task", "delete", "--force", name)
		averted := err == nil && !host.IsMounted(t, 0, rootfs)
		if !averted {
			requireError(t, err, rootfs, "device or resource busy")
			requireHolds(t, agent.Pid(), "/host"+rootfs)
			n.requireCauses(because("copy-in-use", strconv.Itoa(agent.Pid()), rootfs, "change its directory"))
			n.requireHolder(name, "slave", "/host"+rootfs, strconv.Itoa(agent.Pid()))
			// The agent goes on working in what nobody else has any more.
			n.requireLeft(name, "detached", "cwd", strconv.Itoa(agent.Pid()))
			if _, err := c.Try("task", "delete", "--force", name); err != nil {
				t.Errorf("after unbusy sweep: %v", err)
			}
		}
		if host.IsMounted(t, 0, rootfs) || host.IsMounted(t, agent.Pid(), "/host"+rootfs) {
			t.Error("the container's root file system is still mounted")
		}
		victim.Delete()
		still()
		return averted
	})
}
