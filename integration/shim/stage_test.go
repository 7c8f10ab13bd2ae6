package shim

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// stage is a containerd with containers of ctr's, each of which chooses its shim.
type stage struct {
	t       *testing.T
	h       *host.Host
	c       *host.Containerd
	version string // containerd's
	known   int    // length of the record of failures at the beginning
	stock   string // path of containerd's own shim, once it was asked for
}

// eachStage tells a story under every version of containerd.
func eachStage(t *testing.T, story func(t *testing.T, s *stage)) {
	t.Helper()
	for _, version := range host.StoryVersions() {
		t.Run(version, func(t *testing.T) {
			story(t, newStage(t, version, host.Runtime(ourHandler, "", host.Shim(host.Program(t, "containerd-shim-unbusy-v2")))))
		})
	}
}

func newStage(t *testing.T, version string, options ...host.ContainerdOption) *stage {
	t.Helper()
	s := &stage{t: t, h: host.New(t), version: version, known: len(failures(t))}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the record of failures: %s", failures(t)[s.known:])
		}
	})
	s.h.UnbusyConfig(host.Patient)
	s.c = s.h.Containerd(append([]host.ContainerdOption{host.Version(version)}, options...)...)
	return s
}

// bothShims tells what happens under containerd's own shim, and under ours.
func (s *stage) bothShims(tell func(handler string)) {
	s.t.Helper()
	for _, handler := range []string{stockHandler, ourHandler} {
		tell(handler)
	}
}

// requireFailures fails unless what was recorded since the beginning, or the last
// call, is events with the given texts, one each.
func (s *stage) requireFailures(texts ...string) {
	s.t.Helper()
	events := failures(s.t)[s.known:]
	s.known += len(events)
	lines := strings.Split(strings.TrimSuffix(events, "\n"), "\n")
	if events == "" {
		lines = nil
	}
	right := len(lines) == len(texts)
	for i := 0; right && i < len(texts); i++ {
		right = strings.Contains(lines[i], texts[i])
	}
	if !right {
		s.t.Errorf("the record of failures has %q, want %q", lines, texts)
	}
}

// agent starts a process in a mount namespace of its own, whose mounts have the
// given propagation. There it first runs shell commands, and then waits.
func (s *stage) agent(propagation, commands string) *host.Process {
	s.t.Helper()
	return s.h.Start("unshare", "--mount", "--propagation", propagation,
		"sh", "-ec", commands+"\necho it is there; read end")
}

// agentFromBefore runs a container under containerd's own shim that has private
// copies of all that the host has mounted.
func (s *stage) agentFromBefore(id string) *host.Container {
	s.t.Helper()
	return s.c.Run(id, host.Under(stockHandler), host.Bind("/", "/host", "rbind", "rprivate"))
}

// isMounted tells whether anything is mounted on the container's root file
// system's place.
func (s *stage) isMounted(k *host.Container) bool {
	s.t.Helper()
	_, found, err := observe.At(k.Rootfs())
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

// holds counts the mounts that a process has at a path which ends with the
// container's root file system's: on the copy, and on what is mounted there.
func (s *stage) holds(pid int, k *host.Container) int {
	s.t.Helper()
	mounts, err := observe.Mounts(pid)
	if err != nil {
		s.t.Fatal(err)
	}
	n := 0
	for _, m := range mounts {
		if strings.HasSuffix(m.Point, k.Rootfs()) {
			n++
		}
	}
	return n
}

// requireHolds fails the test unless a process has a copy: there would be nothing
// to show.
func (s *stage) requireHolds(pid int, k *host.Container) {
	s.t.Helper()
	if s.holds(pid, k) == 0 {
		s.t.Fatalf("process %d has no copy of the root file system of %s: there is nothing to show", pid, k.ID())
	}
}

// says waits until containerd, or a shim, has logged a line with all the words:
// lines of shims come through a pipe.
func (s *stage) says(words ...string) {
	s.t.Helper()
	host.Await(s.t, fmt.Sprintf("the log to say %q", words), func() bool { return s.hasSaid(words...) })
}

func (s *stage) hasSaid(words ...string) bool {
	s.t.Helper()
	for line := range strings.Lines(s.c.Log()) {
		all := true
		for _, word := range words {
			all = all && strings.Contains(line, word)
		}
		if all {
			return true
		}
	}
	return false
}

// end stops and removes a container.
func (s *stage) end(containers ...*host.Container) {
	s.t.Helper()
	for _, k := range containers {
		k.Stop()
		k.Delete()
	}
}

// exists tells whether there is a file.
func exists(t *testing.T, elem ...string) bool {
	t.Helper()
	_, err := os.Lstat(filepath.Join(elem...))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return err == nil
}

// program is the file that a process executes.
func (s *stage) program(pid int) string {
	s.t.Helper()
	path, err := os.Readlink("/proc/" + itoa(pid) + "/exe")
	if err != nil {
		s.t.Fatal(err)
	}
	return path
}

func itoa(pid int) string { return strconv.Itoa(pid) }
