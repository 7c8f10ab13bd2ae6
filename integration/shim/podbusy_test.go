package shim

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
)

// TestAgentPodWorkingInVictim has an agent pod work in the root file system of a
// pod's container. Its copies get unmounts, and under containerd's shim the
// container cannot be stopped as long as that lasts. With ours it is stopped and
// removed as without an agent.
func TestAgentPodWorkingInVictim(t *testing.T) {
	const margin = 200 * time.Millisecond
	eachPodStage(t, func(s *podStage) {
		_, agent := s.agent("agent", ourHandler)
		n := 0
		victim := func(handler string) (*cri.Pod, *cri.Container) {
			n++
			pod := s.pods.Pod(fmt.Sprint("victim-", n), cri.Under(handler))
			return pod, pod.Run("app")
		}
		took := func(handler string, busy bool) time.Duration {
			pod, app := victim(handler)
			if busy {
				defer s.workIn(agent, "/host"+s.rootfs(app.ID()).Point).End()
			}
			began := time.Now()
			app.Stop()
			app.Remove()
			stopped := time.Since(began)
			s.requireGone(app.ID())
			s.end(pod)
			return stopped
		}
		free, swept := took(stockHandler, false), took(ourHandler, true)
		// The machine may be slow at times, but not always.
		for rounds := 1; rounds < 3 || rounds < 10 && swept > free+margin; rounds++ {
			free, swept = min(free, took(stockHandler, false)), min(swept, took(ourHandler, true))
		}
		s.t.Logf("stopping and removing a container takes %s, with the agent and our shim %s", free, swept)
		if swept > free+margin {
			s.t.Errorf("with an agent and our shim a container takes %s to stop and be removed, without %s", swept, free)
		}
		s.requireNoFailures()

		_, app := victim(stockHandler)
		rootfs := s.rootfs(app.ID()).Point
		worker := s.workIn(agent, "/host"+rootfs)
		stopped := make(chan error, 1)
		go func() { stopped <- app.TryStop() }()
		s.await("containerd's shim to give up", func() bool {
			return strings.Contains(s.log(), rootfs+": device or resource busy")
		})
		select {
		case err := <-stopped:
			s.t.Errorf("the agent holds nothing up, there is nothing to show: the stop has ended, %v", err)
		default:
		}
		worker.End()
		if err := <-stopped; err != nil {
			s.t.Errorf("stop a container that no agent works in any more: %v", err)
		}
	})
}

// log is what containerd and its shims have logged.
func (s *podStage) log() string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.h.Dir(), "containerd.log"))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// workIn has a process of a container's mount namespace work in a directory.
func (s *podStage) workIn(k *cri.Container, dir string) *host.Process {
	s.t.Helper()
	return s.h.Start("nsenter", "--target", strconv.Itoa(k.Pid()), "--mount", "sh", "-ec", "cd "+dir+"; echo it is there; read end")
}
