package shim

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/unbusy/unbusy/integration/cri"
)

// TestPodsOutliveDaemon kills containerd and starts it again while pods run. They
// go on, and end as if nothing had happened.
func TestPodsOutliveDaemon(t *testing.T) {
	eachPodStage(t, func(s *podStage) {
		for _, handler := range []string{stockHandler, ourHandler} {
			volume := s.volume("victim-" + handler)
			victim, app := s.withVolume("victim-"+handler, handler, volume)
			shm, netns := s.sandbox(victim)
			old, agent := s.agentFromBefore("agent-" + handler)
			mine := s.mounted(volume.at)
			s.requireSees(agent.Pid(), shm, netns, mine, s.rootfs(app.ID()))
			pid := s.c.ShimOf(victim.ID())

			s.c.Kill()
			s.c.Restart()
			s.pods.Await()
			s.requireRunning(handler, victim, app)
			if now := s.c.ShimOf(victim.ID()); now != pid {
				s.t.Errorf("%s: the pod's shim was process %d and is %d", handler, pid, now)
			}
			// It takes further containers.
			sidecar := victim.Run("sidecar")
			s.requireOneShim(victim, app, sidecar)
			app.Stop()
			app.Remove()
			s.requireSees(agent.Pid(), mine)
			victim.Stop()
			if n := s.sees(agent.Pid(), mine); (n > 0) != (handler == stockHandler) {
				s.t.Errorf("%s: an agent has %d copies of the volume of a stopped pod", handler, n)
			}
			victim.Remove()
			s.requireGone(victim.ID(), app.ID(), sidecar.ID(), netns.Root, netns.Point)
			s.end(old)
			volume.Unmount(volume.at)
		}
		s.requireNoFailures()
	})
}

// TestPodShimKilled kills the shim of a pod. Its containers end, as under
// containerd's own, nothing of the pod is held, and the kubelet can unmount its
// volume, of which an agent has a file open.
func TestPodShimKilled(t *testing.T) {
	eachPodStage(t, func(s *podStage) {
		for _, handler := range []string{stockHandler, ourHandler} {
			volume := s.volume("victim-" + handler)
			victim, app := s.withVolume("victim-"+handler, handler, volume)
			_, netns := s.sandbox(victim)
			rewritten, agent := s.agent("agent-"+handler, ourHandler)
			reader := s.readIn(agent, "/host"+volume.data)
			shim := s.c.ShimOf(victim.ID())

			if err := syscall.Kill(shim, syscall.SIGKILL); err != nil {
				s.t.Fatal(err)
			}
			s.await("the pod and its container to end", func() bool { return !victim.Ready() && !app.Running() })
			// The engine says so before it has had the shim's delete called for both.
			s.await("what the shim has left to be deleted", func() bool { return s.noBundle(victim.ID()) && s.noBundle(app.ID()) })
			if _, err := os.Stat(fmt.Sprintf("/proc/%d", app.Pid())); err == nil {
				s.t.Errorf("%s: the container's process is there still", handler)
			}
			victim.Stop()
			app.Remove()
			victim.Remove()
			if err := volume.TryUnmount(volume.at); (err != nil) != (handler == stockHandler) {
				s.t.Errorf("%s: unmount the volume of a pod whose shim was killed: %v", handler, err)
			}
			reader.End()
			if handler == stockHandler {
				volume.Unmount(volume.at)
			}
			s.requireGone(victim.ID(), app.ID(), netns.Root, netns.Point)
			s.end(rewritten)
		}
		s.requireNoFailures()
	})
}

// noBundle reports whether a container's bundle is gone.
func (s *podStage) noBundle(id string) bool {
	s.t.Helper()
	_, err := os.Lstat(s.bundle(id))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.t.Fatal(err)
	}
	return err != nil
}

// requireRunning fails unless a pod and a container of it run.
func (s *podStage) requireRunning(handler string, pod *cri.Pod, k *cri.Container) {
	s.t.Helper()
	if !pod.Ready() || !k.Running() {
		s.t.Errorf("%s: the pod is ready: %v, its container runs: %v", handler, pod.Ready(), k.Running())
	}
	if got := k.Exec("echo", "alive"); got != "alive\n" {
		s.t.Errorf("%s: the container says %q", handler, got)
	}
}
