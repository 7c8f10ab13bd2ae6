package hook

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestPrecreate has a container that asks for private copies of the host's whole
// tree: with the one hook alone it is told of unmounts, and does not hold the
// shared memory of a container that was stopped. Its root file system is below a
// mount that podman makes private, past which nothing is told.
func TestPrecreate(t *testing.T) {
	for _, runtime := range []string{"runc", "crun"} {
		for _, hooks := range [][]string{nil, ours[:1]} {
			t.Run(name(runtime, hooks), func(t *testing.T) {
				s := newStage(t, runtime, hooks)
				victim := s.mounts(s.run("victim"), 0)
				agent := s.agent()
				s.requireHolds(agent, victim.shm, true)
				slave := strings.Contains(s.host(agent).Propagation, "master:")
				if slave != (hooks != nil) {
					t.Errorf("the agent's copy of the host has propagation %q", s.host(agent).Propagation)
				}
				s.podman("stop", "--time", "0", "victim")
				s.requireHolds(agent, victim.shm, hooks == nil)
			})
		}
	}
}

// TestPrecreateLeavesOthersAlone has a container without a bind that covers,
// between hooks of somebody else's that keep what they are given: it is the same
// bytes.
func TestPrecreateLeavesOthersAlone(t *testing.T) {
	s := newStage(t, "runc", ours[:1])
	var kept []string
	for _, file := range []string{"00-other.json", "zz-other.json"} {
		path := filepath.Join(s.h.Dir("kept"), file)
		kept = append(kept, path)
		s.writeHook(file, fmt.Sprintf(`{"version":"1.0.0","hook":{"path":"/usr/bin/tee","args":["tee",%q]},"when":{"always":true},"stages":["precreate"]}`, path))
	}
	s.run("plain", "--volume", s.h.Dir("data")+":/data")
	if before, after := s.read(kept[0]), s.read(kept[1]); before != after || !strings.HasPrefix(before, "{") {
		t.Errorf("ours was given\n%s\nand answered\n%s", before, after)
	}
}

// TestPrecreateChained has hooks of somebody else's before ours and after it.
func TestPrecreateChained(t *testing.T) {
	s := newStage(t, "crun", ours[:1])
	for file, variable := range map[string]string{"00-other.json": "BEFORE", "zz-other.json": "AFTER"} {
		s.writeHook(file, `{"version":"1.0.0","hook":{"path":"/bin/sed","args":["sed","s/\"container=podman\"/&,\"`+variable+
			`=1\"/"]},"when":{"always":true},"stages":["precreate"]}`)
	}
	agent := s.agent()
	if !strings.Contains(s.host(agent).Propagation, "master:") {
		t.Errorf("the agent's copy of the host has propagation %q", s.host(agent).Propagation)
	}
	if got := s.podman("exec", "agent", "sh", "-c", "cat /proc/1/environ | tr '\\0' ' '"); !strings.Contains(got, "BEFORE=1") || !strings.Contains(got, "AFTER=1") {
		t.Errorf("the others' hooks left %q", got)
	}
}
