package incidents

import (
	"path/filepath"
	"strconv"
	"testing"
)

// Somebody has bound a container's root file system to a place of its own. Stopping
// and removing the container goes well, and its file system lives on without a name.
// unbusy says who has it. Since somebody wanted it there, it goes only if somebody
// asks for that.
func TestLeafCopy(t *testing.T) {
	tell(t, unaverted, func(t *testing.T, w way) bool {
		n := newNode(t, w)
		d := n.dockerd()
		d.Run("victim", "--network=none")
		merged, place := d.merged("victim"), n.h.Dir("backup")
		holder := n.h.Start("unshare", "--mount", "--propagation", "private",
			"sh", "-ec", "mount --bind "+merged+" "+place+"; echo it is there; read end")
		requireHolds(t, holder.Pid(), merged)
		requireHolds(t, holder.Pid(), place)
		still := n.keeps(holder.Pid(), filepath.Dir(merged), place, "/run/docker/netns")
		d.Docker("rm", "--force", "victim")

		averted := !holds(t, holder.Pid(), place)
		if !averted {
			if holds(t, holder.Pid(), merged) {
				t.Error("the holder has a copy in the original's place")
			}
			n.repair(place, []string{place, strconv.Itoa(holder.Pid())})
		}
		if holds(t, holder.Pid(), place) {
			t.Error("the holder has the container's root file system")
		}
		still()
		return averted
	})
}
