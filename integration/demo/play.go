package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// act is one of the three performances.
type act struct {
	name    string
	heading string // of its column
	handler string // containerd's name for the victim's runtime
	agent   string // and for the agent's
	binary  string // that is called in place of runc; none under runc
	// pod has the victim hold its pod's namespaces and volumes, as the pause
	// container of a pod does.
	pod    bool
	keep   bool   // ask unbusy not to change the agent
	config string // unbusy's configuration, none if empty
}

// outcome is what was observed in one act.
type outcome struct {
	heading string
	running copies // while the victim ran
	deleted copies // after it was deleted and its volume unmounted
	device  string
	busy    bool
	holders []observe.Holder
	agent   int // pid
}

// copies is how many copies of the victim's mounts are in the agent's
// namespace.
type copies struct{ rootfs, volume int }

func (c copies) sum() int { return c.rootfs + c.volume }

// podUID is the victim's, whose volume is where the kubelet mounts it.
const podUID = "3d1f9c52-0b7a-4b8e-9d55-1c2d3e4f5a6b"

// play performs one act.
func play(act act) (outcome, error) {
	var seen outcome
	s := &host.Stage{}
	err := s.Perform(func() { seen = story(s, act) })
	seen.heading = act.heading
	return seen, err
}

// story is the incident: an agent that was started while a victim ran holds
// what the victim had mounted after the victim is gone.
func story(t host.T, act act) outcome {
	phase("%s: start containerd", act.name)
	h := host.New(t)
	if act.config != "" {
		h.UnbusyConfig(act.config)
	}
	options := []host.ContainerdOption{host.Tools(containerdSet, containerdTags...)}
	if act.binary != "" {
		options = append(options, host.Runtime(act.handler, act.binary))
	}
	c := h.Containerd(options...)

	phase("%s: mount a volume", act.name)
	volume := h.Volume("pvc-x")
	point := filepath.Join(h.Dir("kubelet"), "pods", podUID, "volumes/kubernetes.io~csi/pvc-x/mount")
	volume.Mount(point)
	original := mounted(t, point)

	phase("%s: run a victim with that volume", act.name)
	victimOptions := []host.ContainerOption{host.Bind(point, "/data", "rbind", "rprivate"), host.Under(act.handler)}
	if act.pod {
		victimOptions = append(victimOptions, host.Annotation("io.kubernetes.cri.container-type", "sandbox"),
			host.Annotation("io.kubernetes.cri.sandbox-uid", podUID))
	}
	victim := c.Run("victim", victimOptions...)
	rootfs := mounted(t, victim.Rootfs())

	phase("%s: run an agent with / on /rootfs", act.name)
	bind := host.Bind("/", "/rootfs", "rbind", "rprivate")
	agentOptions := []host.ContainerOption{bind, host.Under(act.agent)}
	if act.keep {
		agentOptions = append(agentOptions, host.Annotation("unbusy.io/propagation", "keep"))
	}
	agent := c.Run("agent", agentOptions...)
	seen := outcome{device: volume.Device(), agent: agent.Pid()}
	seen.running = count(t, agent, rootfs, original)

	phase("%s: stop and delete the victim", act.name)
	victim.Stop()
	victim.Delete()

	phase("%s: unmount the volume", act.name)
	volume.Unmount(point)

	phase("%s: look who holds it", act.name)
	seen.deleted = count(t, agent, rootfs, original)
	var errs [2]error
	seen.busy, errs[0] = observe.Busy(volume.Device())
	seen.holders, errs[1] = observe.Holders(original.Device)
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatalf("look who holds %s: %v", volume.Device(), err)
	}

	phase("%s: clean up", act.name)
	agent.Stop()
	agent.Delete()
	return seen
}

// mounted is the mount at a path, which has to be there.
func mounted(t host.T, path string) observe.Mount {
	t.Helper()
	m, found, err := observe.At(path)
	if err == nil && !found {
		err = errors.New("it is not a mount point")
	}
	if err != nil {
		t.Fatalf("look at %s: %v", path, err)
	}
	return m
}

// count counts the copies in the agent's namespace.
func count(t host.T, agent *host.Container, rootfs, volume observe.Mount) copies {
	t.Helper()
	inRootfs, err := observe.Copies(agent.Pid(), rootfs)
	if err != nil {
		t.Fatalf("read the agent's mounts: %v", err)
	}
	inVolume, err := observe.Copies(agent.Pid(), volume)
	if err != nil {
		t.Fatalf("read the agent's mounts: %v", err)
	}
	return copies{len(inRootfs), len(inVolume)}
}

// mustLeak is the point of the first act. A machine on which nothing leaks
// under runc shows nothing.
func mustLeak(o outcome) error {
	if o.running.sum() == 0 {
		return errors.New("under runc the agent had no copy of the victim's mounts")
	}
	if o.deleted.sum() == 0 || !o.busy {
		return fmt.Errorf("under runc nothing leaked: %d copies, busy %t", o.deleted.sum(), o.busy)
	}
	return nil
}

// mustNotLeak is the point of the second.
func mustNotLeak(o outcome) error {
	if o.deleted.sum() != 0 || o.busy {
		return fmt.Errorf("under unbusy the victim's mounts leaked: %d copies, busy %t", o.deleted.sum(), o.busy)
	}
	return nil
}

// mustLetGo is the point of the third: what the agent did get hold of is taken
// from it. An agent without copies would show nothing.
func mustLetGo(o outcome) error {
	if o.running.volume == 0 {
		return errors.New("the agent that unbusy did not start had no copy of the victim's volume")
	}
	if o.deleted.sum() != 0 || o.busy {
		return fmt.Errorf("unbusy did not sweep what another agent held: %d copies, busy %t", o.deleted.sum(), o.busy)
	}
	return nil
}
