package shim

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// The runtime handlers that pods choose between: containerd's own shim, and ours.
const (
	stockHandler = "runc"
	ourHandler   = "unbusy"
)

// kubeletRoot is where the kubelet would have its directory.
const kubeletRoot = "/run/kubelet"

// podStage is a containerd with pods, each of which chooses its shim.
type podStage struct {
	t    *testing.T
	h    *host.Host
	c    *host.Containerd
	pods *cri.Engine
	// version is containerd's.
	version string
	// known is how long the record of failures was at the beginning.
	known int
}

// eachPodStage tells a story under every version of containerd.
func eachPodStage(t *testing.T, story func(s *podStage)) {
	t.Helper()
	for _, version := range host.StoryVersions() {
		t.Run(version, func(t *testing.T) {
			story(newPodStage(t, version))
		})
	}
}

func newPodStage(t *testing.T, version string) *podStage {
	t.Helper()
	h := host.New(t)
	// How long a sweep takes on a busy machine is not what the stories are about.
	h.UnbusyConfig(fmt.Sprintf("sweep_budget = \"10s\"\n[[roots]]\nengine = \"kubelet\"\npath = %q\n", kubeletRoot))
	c := h.Containerd(host.Version(version), host.PodNetwork(), host.Runtime(ourHandler, "", host.Shim(host.Program(t, "containerd-shim-unbusy-v2"))))
	return &podStage{t: t, h: h, c: c, pods: cri.Containerd(t, c), version: version, known: len(failures(t))}
}

// failures is the text of the record of what failed open or closed.
func failures(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/run/unbusy/events")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// requireNoFailures fails if anything failed open or closed in the story.
func (s *podStage) requireNoFailures() {
	s.t.Helper()
	if text := failures(s.t)[s.known:]; text != "" {
		s.t.Errorf("the record of failures has %s", text)
	}
}

// await waits for a condition that can only be looked at.
func (s *podStage) await(what string, met func() bool) {
	s.t.Helper()
	deadline := time.After(time.Minute)
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for !met() {
		select {
		case <-deadline:
			s.t.Fatalf("waited a minute for %s", what)
		case <-again.C:
		}
	}
}

// agentFromBefore runs a pod under containerd's own shim that has private copies
// of all that the host has mounted.
func (s *podStage) agentFromBefore(name string) (*cri.Pod, *cri.Container) {
	s.t.Helper()
	return s.agent(name, stockHandler)
}

// agent runs a pod that has the host's root directory as a hostPath volume.
func (s *podStage) agent(name, handler string) (*cri.Pod, *cri.Container) {
	s.t.Helper()
	pod := s.pods.Pod(name, cri.Under(handler), cri.HostNetwork())
	return pod, pod.Run(name, cri.HostPath("/", "/host"))
}

// end stops and removes a pod.
func (s *podStage) end(pod *cri.Pod) {
	s.t.Helper()
	pod.Stop()
	pod.Remove()
}

// mounted returns what is mounted on a path of the host.
func (s *podStage) mounted(path string) observe.Mount {
	s.t.Helper()
	m, found, err := observe.At(path)
	if err != nil || !found {
		s.t.Fatalf("nothing is mounted on %s: %v", path, err)
	}
	return m
}

// rootfs is what the host has mounted for a container.
func (s *podStage) rootfs(id string) observe.Mount {
	s.t.Helper()
	return s.mounted(filepath.Join(s.bundle(id), "rootfs"))
}

func (s *podStage) bundle(id string) string {
	return filepath.Join(s.c.State(), "io.containerd.runtime.v2.task/k8s.io", id)
}

// sees counts the copies that a process has of mounts of the host. They have to
// be there still: the kernel gives the device number of a file system that is
// gone to the next one.
func (s *podStage) sees(pid int, originals ...observe.Mount) int {
	s.t.Helper()
	n := 0
	for _, original := range originals {
		copies, err := observe.Copies(pid, original)
		if err != nil {
			s.t.Fatal(err)
		}
		n += len(copies)
	}
	return n
}

// requireSees fails unless a process has a copy of each of the mounts.
func (s *podStage) requireSees(pid int, originals ...observe.Mount) {
	s.t.Helper()
	for _, original := range originals {
		if s.sees(pid, original) == 0 {
			s.t.Fatalf("process %d has no copy of %s, there is nothing to show", pid, original.Point)
		}
	}
}

// processes are those of the story.
func (s *podStage) processes() []int {
	s.t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		s.t.Fatal(err)
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		cgroups, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cgroup"))
		if err == nil && strings.Contains(string(cgroups), ":"+s.h.Cgroup()+"/") {
			pids = append(pids, pid)
		}
	}
	return pids
}

// requireGone fails if anything is left of what has one of the names: a mount
// that any process of the story or the test itself sees, or a file of
// containerd's.
func (s *podStage) requireGone(names ...string) {
	s.t.Helper()
	named := func(path string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.Contains(path, name) })
	}
	for _, pid := range append(s.processes(), 0) {
		mounts, err := observe.Mounts(pid)
		if err != nil {
			continue // it has just ended
		}
		for _, m := range mounts {
			if named(m.Point) || named(m.Root) {
				s.t.Errorf("process %d has still mounted %s %s on %s", pid, m.FSType, m.Root, m.Point)
			}
		}
		links, err := filepath.Glob(fmt.Sprintf("/proc/%d/ns/net", pid))
		if err != nil {
			s.t.Fatal(err)
		}
		for _, link := range links {
			if to, err := os.Readlink(link); err == nil && named(to) {
				s.t.Errorf("process %d is in %s still", pid, to)
			}
		}
	}
	for _, dir := range []string{s.c.Root(), s.c.State(), "/run/netns"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil
			case err != nil:
				return err
			case named(d.Name()):
				s.t.Errorf("there is still %s", path)
			case d.IsDir() && d.Name() == "rootfs":
				return fs.SkipDir // somebody's whole image
			}
			return nil
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
}
