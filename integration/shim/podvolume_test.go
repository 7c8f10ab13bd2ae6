package shim

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// TestPodVolumes ends a pod with a volume on a block device, of which there are
// copies of every kind: an agent's from before, which keep the device busy; those
// of an agent under unbusy, which has a file open there, so that the kubelet's
// plain unmount fails; and those of a storage driver's pod, from which an unmount
// travels to the host. What another pod has stays where it is.
func TestPodVolumes(t *testing.T) {
	eachPodStage(t, func(s *podStage) {
		for _, handler := range []string{stockHandler, ourHandler} {
			// One name is the beginning of the other.
			volume, other := s.volume("victim-"+handler), s.volume("victim-"+handler+"-uid-2")
			victim, app := s.withVolume("victim-"+handler, handler, volume)
			living, neighbour := s.withVolume("other-"+handler, handler, other)
			old, before := s.agentFromBefore("before-" + handler)
			rewritten, agent := s.agent("agent-"+handler, ourHandler)
			driverPod := s.pods.Pod("driver-"+handler, cri.Under(handler), cri.HostNetwork())
			driver := driverPod.Run("driver", cri.Mount(&runtime.Mount{
				HostPath: kubeletRoot, ContainerPath: kubeletRoot, Propagation: runtime.MountPropagation_PROPAGATION_BIDIRECTIONAL,
			}))
			reader := s.readIn(agent, "/host"+volume.data)
			mine, theirs := s.mounted(volume.at), s.mounted(other.at)
			for _, k := range []*cri.Container{before, agent, driver} {
				s.requireSees(k.Pid(), mine, theirs)
			}

			app.Stop()
			app.Remove()
			// The pod lives when one of its containers ends.
			s.requireSees(before.Pid(), mine)
			s.requireSees(agent.Pid(), mine)
			victim.Stop()
			if s.mounted(volume.at) != mine || s.sees(driver.Pid(), mine) == 0 {
				s.t.Errorf("%s: the host or the storage driver has lost the volume before it was unmounted", handler)
			}
			if err := volume.TryUnmount(volume.at); errors.Is(err, unix.EBUSY) != (handler == stockHandler) {
				s.t.Errorf("%s: unmount the volume of a stopped pod: %v", handler, err)
			}
			reader.End()
			if handler == stockHandler {
				volume.Unmount(volume.at)
			}
			if s.busy(volume) != (handler == stockHandler) {
				s.t.Errorf("%s: the device of the unmounted volume is busy: %v", handler, s.busy(volume))
			}
			for _, k := range []*cri.Container{before, agent, driver} {
				s.requireSees(k.Pid(), theirs)
			}
			if out := neighbour.Exec("ls", "/data"); out != "log\nlost+found\n" {
				s.t.Errorf("%s: the other pod's volume has %q", handler, out)
			}
			for _, pod := range []*cri.Pod{victim, old, rewritten, driverPod, living} {
				s.end(pod)
			}
			other.Unmount(other.at)
			s.requireGone(victim.ID())
		}
		s.requireNoFailures()
	})
}

// TestPodWithStranger ends a pod whose shim has one more container, which the
// engine's part for pods knows nothing of. As long as it lives, what agents have of
// the pod's volume stays.
func TestPodWithStranger(t *testing.T) {
	eachPodStage(t, func(s *podStage) {
		volume := s.volume("victim")
		victim, app := s.withVolume("victim", ourHandler, volume)
		_, agent := s.agentFromBefore("before")
		const stranger = "stranger"
		s.c.Ctr("--namespace", "k8s.io", "run", "--detach", "--null-io", "--cgroup", s.h.Cgroup(stranger),
			"--annotation", "io.kubernetes.cri.sandbox-id="+victim.ID(), host.ImageName, stranger)
		s.requireOneShim(victim, app)
		if shim, pod := s.c.ShimOf(stranger), s.c.ShimOf(victim.ID()); shim != pod {
			s.t.Fatalf("the stranger's shim is process %d, that of the pod %d: there is nothing to show", shim, pod)
		}
		mine := s.mounted(volume.at)
		s.requireSees(agent.Pid(), mine)
		victim.Stop()
		s.requireSees(agent.Pid(), mine)
		victim.Remove()
		s.c.Ctr("--namespace", "k8s.io", "task", "exec", "--exec-id", "exec", stranger, "true") // it lives
		s.c.Ctr("--namespace", "k8s.io", "task", "delete", "--force", stranger)
		s.c.Ctr("--namespace", "k8s.io", "container", "delete", stranger)
		s.requireGone(victim.ID(), app.ID(), stranger)
		s.requireNoFailures()
	})
}

// TestPodMadeAnew stops a sandbox and makes another one for the same pod, as the
// kubelet does after a crash: the volumes, which stay mounted meanwhile, are the
// new one's as they were the old one's.
func TestPodMadeAnew(t *testing.T) {
	eachPodStage(t, func(s *podStage) {
		volume := s.volume("victim")
		first, _ := s.withVolume("victim", ourHandler, volume)
		_, old := s.agentFromBefore("before")
		mine := s.mounted(volume.at)
		s.requireSees(old.Pid(), mine)
		s.end(first)
		if n := s.sees(old.Pid(), mine); n > 0 {
			s.t.Errorf("an agent has %d copies of the volume of a sandbox that is gone", n)
		}
		second, app := s.withVolume("victim", ourHandler, volume)
		if out := app.Exec("ls", "/data"); out != "log\nlost+found\n" {
			s.t.Errorf("the volume has %q in the new sandbox", out)
		}
		// One more that sees it, since there is nothing of the first sandbox's left.
		_, later := s.agentFromBefore("later")
		s.requireSees(later.Pid(), mine)
		s.end(second)
		if s.mounted(volume.at) != mine {
			s.t.Error("the host's volume is another one")
		}
		volume.Unmount(volume.at)
		if s.busy(volume) {
			s.t.Error("the device of the unmounted volume is busy")
		}
		s.requireGone(first.ID(), second.ID())
		s.requireNoFailures()
	})
}

// podVolume is a volume that is mounted for a pod.
type podVolume struct {
	*host.Volume
	uid      string // of the pod
	at, data string // mountpoint and a file in it
}

// volume mounts a volume where the kubelet does for the pod whose name is given.
func (s *podStage) volume(pod string) podVolume {
	s.t.Helper()
	uid := pod + "-uid"
	at := filepath.Join(kubeletRoot, "pods", uid, "volumes/kubernetes.io~csi/pvc/mount")
	v := podVolume{s.h.Volume(pod), uid, at, filepath.Join(at, "log")}
	v.Mount(at)
	if err := os.WriteFile(v.data, nil, 0o600); err != nil {
		s.t.Fatal(err)
	}
	return v
}

// withVolume runs a pod of one container that has a volume.
func (s *podStage) withVolume(name, handler string, v podVolume) (*cri.Pod, *cri.Container) {
	s.t.Helper()
	pod := s.pods.Pod(name, cri.Under(handler), cri.UID(v.uid))
	return pod, pod.Run("app", cri.HostPath(v.at, "/data"))
}

// readIn has a process of a container's mount namespace open a file.
func (s *podStage) readIn(k *cri.Container, file string) *host.Process {
	s.t.Helper()
	return s.h.Start("nsenter", "--target", strconv.Itoa(k.Pid()), "--mount", "sh", "-ec", "exec 3<"+file+"; echo it is open; read end")
}

// busy reports whether something claims the device of a volume.
func (s *podStage) busy(v podVolume) bool {
	s.t.Helper()
	busy, err := observe.Busy(v.Device())
	if err != nil {
		s.t.Fatal(err)
	}
	return busy
}
