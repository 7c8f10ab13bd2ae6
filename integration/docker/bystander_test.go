package docker

import (
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestBystanders ends containers while others run: of the same image, with the
// host's root shared in both directions, and with private copies of everything.
// No mount of any other container's is missing afterwards, in whichever
// namespace, and all go on.
func TestBystanders(t *testing.T) {
	d := dockerd(t)
	bystander := runVictim(t, d, "bystander", unbusy)
	ends := map[string]func(*host.Dockerd, string){
		"stop": func(d *host.Dockerd, name string) { d.Docker("stop", "--time", "0", name) },
		"rm":   func(d *host.Dockerd, name string) { d.Docker("rm", "--force", name) },
	}
	victims := map[string]mounts{}
	for way := range ends {
		victims[way] = runVictim(t, d, way, unbusy)
	}
	d.Run("peer", "--runtime", stock, "--network", "host", "--hostname", "peer", "--volume", "/:/host:rshared")
	peer, agent := pidOf(t, d, "peer"), runAgent(t, d, "agent", stock)
	for way, end := range ends {
		m := victims[way]
		nothingElseGoes(t, d, way, m.has, func() { end(d, way) })
		for name, pid := range map[string]int{"peer": peer, "agent": agent} {
			if held := m.heldBy(t, pid); held != "" {
				t.Errorf("%s: the %s holds %q", way, name, held)
			}
			if held := bystander.heldBy(t, pid); held != everything {
				t.Errorf("%s: of another container the %s has only %q", way, name, held)
			}
		}
		for _, name := range []string{"bystander", "peer", "agent"} {
			stillFine(t, d, name)
		}
	}
}
