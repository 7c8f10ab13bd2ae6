package hook

import (
	"fmt"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestDropIn has podman told of the hooks by a configuration file. They are where
// contrib has them: the one for precreate in a directory below that of the others,
// which no other engine reads.
func TestDropIn(t *testing.T) {
	for who, options := range map[string][]host.PodmanOption{"root": nil, "a user": {host.PodmanRootless()}} {
		t.Run(who, func(t *testing.T) {
			h := host.New(t)
			common, own := h.Dir("hooks"), h.Dir("hooks", "podman")
			conf := fmt.Sprintf("[engine]\nhooks_dir = [%q, %q]\n", common, own)
			s := stageOn(t, h, "crun", append(options, host.PodmanDropIn(conf))...)
			s.hooks = own
			s.hook(ours[0])
			s.hooks = common
			for _, hook := range ours[1:] {
				s.hook(hook)
			}
			s.hooks = ""
			id := s.run("victim")
			podman := s.monitor("victim")
			victim := s.mounts(id, podman)
			agent, before := s.agent(), s.from(podman).Pid()
			if !strings.Contains(s.host(agent).Propagation, "master:") {
				t.Errorf("the agent's copy of the host has propagation %q", s.host(agent).Propagation)
			}
			s.requireHolds(before, victim.shm, true)
			s.podman("stop", "--time", "0", "victim")
			s.requireHolds(agent, victim.shm, false)
			s.requireHolds(before, victim.shm, false)
		})
	}
}
