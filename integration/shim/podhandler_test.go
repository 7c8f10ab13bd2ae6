package shim

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
)

// TestRuntimeHandlers runs a pod under each of two handlers side by side: only
// the one that asks for it has our shim. containerd says the same of both: from
// 2.0 on it asks the shims what they can do.
func TestRuntimeHandlers(t *testing.T) {
	eachPodStage(t, func(s *podStage) {
		for handler, program := range map[string]string{stockHandler: "containerd-shim-runc-v2", ourHandler: filepath.Base(host.Program(t, "containerd-shim-unbusy-v2"))} {
			pod := s.pods.Pod("pod-"+handler, cri.Under(handler), cri.HostNetwork())
			app := pod.Run("app")
			s.requireOneShim(pod, app)
			if got := s.program(s.c.ShimOf(pod.ID())); got != program {
				s.t.Errorf("the shim of a pod under %s is %s, want %s", handler, got, program)
			}
			// Only ours writes one.
			_, err := os.Lstat(filepath.Join(s.bundle(app.ID()), "unbusy.json"))
			if (err == nil) != (handler == ourHandler) {
				s.t.Errorf("%s: the record of a container's mounts: %v", handler, err)
			}
			s.end(pod)
		}
		features := s.pods.Handlers()
		stock, has := features[stockHandler]
		if known := !strings.HasPrefix(s.version, "1."); has != known {
			s.t.Errorf("containerd says what a handler can do: %v, want %v", has, known)
		}
		if !proto.Equal(features[ourHandler], stock) {
			s.t.Errorf("containerd says that ours can do %v, and its own %v", features[ourHandler], stock)
		}
		s.requireNoFailures()
	})
}

// program is the name of a process's binary.
func (s *podStage) program(pid int) string {
	s.t.Helper()
	path, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "exe"))
	if err != nil {
		s.t.Fatal(err)
	}
	return filepath.Base(path)
}

// TestShimCgroup has the shims of pods in a cgroup of their own: ours is in it
// wherever containerd's own is.
func TestShimCgroup(t *testing.T) {
	for _, version := range host.StoryVersions() {
		t.Run(version, func(t *testing.T) {
			in := make(map[string][]string)
			for name, shim := range map[string][]host.HandlerOption{stockHandler: nil, ourHandler: {host.Shim(host.Program(t, "containerd-shim-unbusy-v2"))}} {
				h := host.New(t)
				moved := h.MakeCgroup("shims")
				c := h.Containerd(host.Version(version), host.Runtime("moved", "", append(shim, host.ShimCgroup(moved))...))
				pod := cri.Containerd(t, c).Pod("pod", cri.Under("moved"), cri.HostNetwork())
				in[name] = hierarchiesOf(t, c.ShimOf(pod.ID()), moved)
				pod.Stop()
				pod.Remove()
			}
			if len(in[stockHandler]) == 0 || !slices.Equal(in[ourHandler], in[stockHandler]) {
				t.Errorf("the shim is in its cgroup in the hierarchies %q, containerd's own in %q", in[ourHandler], in[stockHandler])
			}
		})
	}
}

// hierarchiesOf are those in which a process is in a cgroup.
func hierarchiesOf(t *testing.T, pid int, cgroup string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cgroup"))
	if err != nil {
		t.Fatal(err)
	}
	var in []string
	for line := range strings.Lines(string(text)) {
		if hierarchy, path, _ := strings.Cut(strings.TrimSpace(line), ":/"); "/"+path == cgroup {
			in = append(in, hierarchy)
		}
	}
	slices.Sort(in)
	return in
}
