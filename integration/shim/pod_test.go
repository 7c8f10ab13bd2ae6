package shim

import (
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/observe"
)

// TestPods ends a pod of two containers that has a network of its own. An agent
// pod under the same shim started after it, with the host's root directory and no
// propagation, as the CRI has it by default.
func TestPods(t *testing.T) {
	eachPodStage(t, func(s *podStage) {
		for _, handler := range []string{stockHandler, ourHandler} {
			victim, app, sidecar := s.pair("victim-"+handler, handler)
			s.requireOneShim(victim, app, sidecar)
			shm, netns := s.sandbox(victim)
			agentPod, agent := s.agent("agent-"+handler, handler)
			s.requireSees(agent.Pid(), shm, netns, s.rootfs(app.ID()), s.rootfs(sidecar.ID()))
			if slave := s.isSlave(agent.Pid(), shm); slave != (handler == ourHandler) {
				s.t.Errorf("%s: what the host unmounts goes from the agent as well: %v", handler, slave)
			}

			app.Stop()
			app.Remove()
			if got := sidecar.Exec("echo", "alive"); got != "alive\n" {
				s.t.Errorf("%s: the other container says %q", handler, got)
			}
			victim.Stop()
			// Its mountpoint stays until the pod is removed.
			if held := s.seesAt(agent.Pid(), shm.Point); held != (handler == stockHandler) {
				s.t.Errorf("%s: the shared memory of a stopped pod is held: %v", handler, held)
			}
			victim.Remove()
			s.requireGone(victim.ID(), app.ID(), sidecar.ID(), netns.Root, netns.Point)
			s.end(agentPod)
		}
		s.requireNoFailures()
	})
}

// TestPodFromBefore ends a pod of which an agent has private copies since before
// there was unbusy: those of its shared memory and its network namespace go when
// the sandbox ends, and not before.
func TestPodFromBefore(t *testing.T) {
	eachPodStage(t, func(s *podStage) {
		network := s.atNetworkEnd()
		for _, handler := range []string{stockHandler, ourHandler} {
			victim, app, sidecar := s.pair("victim-"+handler, handler)
			shm, netns := s.sandbox(victim)
			agentPod, agent := s.agentFromBefore("agent-" + handler)
			network.watch(agent.Pid())
			s.requireSees(agent.Pid(), shm, netns, s.rootfs(app.ID()), s.rootfs(sidecar.ID()))

			app.Stop()
			app.Remove()
			s.requireGone(app.ID())
			s.requireSees(agent.Pid(), shm, netns, s.rootfs(sidecar.ID()))

			victim.Stop()
			if held := network.saw(netns.Point); held != (handler == stockHandler) {
				s.t.Errorf("%s: the network namespace is held when no container is left: %v", handler, held)
			}
			if held := s.seesAt(agent.Pid(), shm.Point); held != (handler == stockHandler) {
				s.t.Errorf("%s: the shared memory of a stopped pod is held: %v", handler, held)
			}
			victim.Remove()
			s.requireGone(victim.ID(), sidecar.ID(), netns.Root, netns.Point)
			s.end(agentPod)
		}
		s.requireNoFailures()
	})
}

// pair runs a pod of two containers.
func (s *podStage) pair(name, handler string, opts ...cri.PodOption) (pod *cri.Pod, app, sidecar *cri.Container) {
	s.t.Helper()
	pod = s.pods.Pod(name, append([]cri.PodOption{cri.Under(handler)}, opts...)...)
	return pod, pod.Run("app"), pod.Run("sidecar")
}

// requireOneShim fails unless a pod and its containers have the same shim.
func (s *podStage) requireOneShim(pod *cri.Pod, containers ...*cri.Container) {
	s.t.Helper()
	shim := s.c.ShimOf(pod.ID())
	for _, k := range containers {
		if other := s.c.ShimOf(k.ID()); other != shim {
			s.t.Errorf("the pod's shim is process %d, that of its container %d", shim, other)
		}
	}
}

// sandbox finds what the host has mounted for a pod's sandbox: the only pod with
// a network of its own.
func (s *podStage) sandbox(pod *cri.Pod) (shm, netns observe.Mount) {
	s.t.Helper()
	table, err := observe.Mounts(0)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range table {
		switch {
		case m.FSType == "nsfs" && strings.HasPrefix(m.Point, "/run/netns/"):
			netns = m
		case strings.HasSuffix(m.Point, pod.ID()+"/shm"):
			shm = m
		}
	}
	if shm.Point == "" || netns.Point == "" {
		s.t.Fatalf("of the sandbox's mounts there are only %+v", []observe.Mount{shm, netns})
	}
	return shm, netns
}

// isSlave reports whether a process's copies of a mount get unmounts of the host.
func (s *podStage) isSlave(pid int, original observe.Mount) bool {
	s.t.Helper()
	copies, err := observe.Copies(pid, original)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range copies {
		if !strings.HasPrefix(c.Propagation, "master:") {
			return false
		}
	}
	return len(copies) > 0
}

// seesAt reports whether an agent has something mounted where the host had.
func (s *podStage) seesAt(pid int, point string) bool {
	s.t.Helper()
	mounts, err := observe.Mounts(pid)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range mounts {
		if m.Point == "/host"+point {
			return true
		}
	}
	return false
}
