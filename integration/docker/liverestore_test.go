package docker

import (
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestLiveRestore ends dockerd and starts it again under its containers, in both
// ways. They go on, and end afterwards, or even meanwhile, as if nothing had
// been. An agent from before holds nothing of those that ran under
// unbusy-runtime.
func TestLiveRestore(t *testing.T) {
	d := dockerd(t, host.LiveRestore())
	for _, way := range []struct {
		name string
		end  func(*host.Dockerd)
	}{
		{"terminated", (*host.Dockerd).Stop},
		{"killed", (*host.Dockerd).Kill},
	} {
		t.Run(way.name, func(t *testing.T) {
			later, meanwhile := map[string]mounts{}, map[string]mounts{}
			for _, runtime := range []string{stock, unbusy} {
				later[runtime] = runVictim(t, d, way.name+"-later-"+runtime, runtime)
				meanwhile[runtime] = runVictim(t, d, way.name+"-meanwhile-"+runtime, runtime)
			}
			agentName := way.name + "-agent"
			agent := runAgent(t, d, agentName, stock)
			var firstProcesses []int
			for runtime := range meanwhile {
				firstProcesses = append(firstProcesses, pidOf(t, d, way.name+"-meanwhile-"+runtime))
			}
			way.end(d)
			for _, pid := range firstProcesses {
				killPid(t, pid)
			}
			d.Start()
			for _, runtime := range []string{stock, unbusy} {
				want := map[string]string{stock: "netns shm", unbusy: ""}[runtime]
				victim := way.name + "-later-" + runtime
				stillFine(t, d, victim)
				d.Docker("stop", "--time", "0", victim)
				if held := later[runtime].heldBy(t, agent); held != want {
					t.Errorf("%s: the agent holds %q, want %q", victim, held, want)
				}
				d.Docker("rm", victim)
				victim = way.name + "-meanwhile-" + runtime
				d.Docker("wait", victim)
				if held := meanwhile[runtime].heldBy(t, agent); runtime == unbusy && held != "" {
					t.Errorf("%s: the agent holds %q", victim, held)
				}
				d.Docker("rm", victim)
			}
			stillFine(t, d, agentName)
		})
	}
}
