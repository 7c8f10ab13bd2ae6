package hook

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// stage is a host with podman, and hooks that it calls.
type stage struct {
	*host.Podman
	t     *testing.T
	h     *host.Host
	hooks string // directory, "" for those of podman's configuration
	// cgroup are options of podman run.
	cgroup []string
}

// ours are the hooks that contrib has, without ".json".
var ours = []string{"podman/unbusy-precreate", "unbusy-prestart", "unbusy-poststop"}

// newStage has podman call hooks of ours, under a runtime of Debian's.
func newStage(t *testing.T, runtime string, hooks []string, options ...host.PodmanOption) *stage {
	t.Helper()
	h := host.New(t)
	s := stageOn(t, h, runtime, options...)
	s.hooks = h.Dir("hooks")
	for _, hook := range hooks {
		s.hook(hook)
	}
	return s
}

// stageOn is a stage without hooks.
func stageOn(t *testing.T, h *host.Host, runtime string, options ...host.PodmanOption) *stage {
	t.Helper()
	s := &stage{t: t, h: h}
	s.Podman = h.Podman(append([]host.PodmanOption{host.PodmanRuntime(h.Debian(runtime, runtime))}, options...)...)
	s.cgroup = s.Cgroup()
	if runtime == "crun" {
		s.cgroup = []string{"--cgroups", "disabled"}
	}
	h.UnbusyConfig("log = \"none\"\nsweep_budget = \"10s\"\ndetach_at_create = \"on\"\n")
	known := len(events(t))
	t.Cleanup(func() {
		if news := events(t)[known:]; news != "" {
			t.Errorf("the record of failures has %s", news)
		}
	})
	s.Image()
	return s
}

// hook puts a file of contrib's among the hooks. The program that it names is
// that under test.
func (s *stage) hook(name string) {
	s.t.Helper()
	const installed = "/usr/libexec/unbusy/unbusy-hook"
	program := host.Program(s.t, "unbusy-hook")
	text := s.read(filepath.Join("../../contrib/hooks.d", name+".json"))
	if !strings.Contains(text, strconv.Quote(installed)) {
		s.t.Fatalf("%s does not name %s", name, installed)
	}
	s.writeHook(filepath.Base(name)+".json", strings.Replace(text, installed, program, 1))
}

func (s *stage) writeHook(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.hooks, name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// podman runs podman with the hooks, and returns what it prints.
func (s *stage) podman(args ...string) string {
	s.t.Helper()
	if s.hooks != "" {
		args = append([]string{"--hooks-dir", s.hooks}, args...)
	}
	return strings.TrimSpace(s.Podman.Podman(args...))
}

// run runs a container in the background and returns its id.
func (s *stage) run(name string, options ...string) string {
	s.t.Helper()
	s.t.Cleanup(func() { _, _ = s.Try("rm", "--force", "--time", "0", name) }) // it may be gone
	args := append([]string{"run", "--detach", "--network", "none", "--name", name}, s.cgroup...)
	return s.podman(append(append(args, options...), s.Image())...)
}

// agent runs a container that has the host's whole tree, as agents do.
func (s *stage) agent() int {
	s.t.Helper()
	s.run("agent", "--volume", "/:/host:rprivate")
	return s.pid("agent")
}

func (s *stage) pid(name string) int {
	s.t.Helper()
	pid, err := strconv.Atoi(s.podman("inspect", "--format", "{{.State.Pid}}", name))
	if err != nil {
		s.t.Fatal(err)
	}
	return pid
}

// mounts are what podman has mounted for a container.
type mounts struct{ rootfs, shm observe.Mount }

// mounts looks in the namespace of a process, 0 for our own.
func (s *stage) mounts(id string, in int) mounts {
	s.t.Helper()
	merged := s.podman("inspect", "--format", "{{.GraphDriver.Data.MergedDir}}", id)
	return mounts{s.at(merged, in), s.at(filepath.Join(s.GraphRoot(), "overlay-containers", id, "userdata/shm"), in)}
}

func (s *stage) at(point string, in int) observe.Mount {
	s.t.Helper()
	table, err := observe.Mounts(in)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range table {
		if m.Point == point {
			return m
		}
	}
	s.t.Fatalf("nothing is mounted on %s: there is nothing to show", point)
	return observe.Mount{}
}

// requireHolds fails unless a process's namespace has a copy of a mount, or has
// none.
func (s *stage) requireHolds(pid int, m observe.Mount, want bool) {
	s.t.Helper()
	requireHolds(s.t, pid, m, want)
}

func requireHolds(t *testing.T, pid int, m observe.Mount, want bool) {
	t.Helper()
	copies, err := observe.Copies(pid, m)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(copies) > 0; got != want {
		t.Errorf("process %d holds %s: %v", pid, m.Point, copies)
	}
}

// requireAlive fails unless a container runs and has its files.
func (s *stage) requireAlive(name string) {
	s.t.Helper()
	if got := s.podman("exec", name, "echo", "alive"); got != "alive" {
		s.t.Errorf("%s says %q", name, got)
	}
}

// mounted reports whether a mount is there in our namespace.
func (s *stage) mounted(m observe.Mount) bool {
	s.t.Helper()
	now, there, err := observe.At(m.Point)
	if err != nil {
		s.t.Fatal(err)
	}
	return there && now.Device == m.Device
}

// monitor is a container's monitor, which is in the mount namespace in which podman
// has mounted the container.
func (s *stage) monitor(name string) int {
	s.t.Helper()
	pid, err := strconv.Atoi(strings.TrimSpace(s.read(s.podman("inspect", "--format", "{{.ConmonPidFile}}", name))))
	if err != nil {
		s.t.Fatal(err)
	}
	return pid
}

func (s *stage) read(path string) string {
	s.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// host is the mount by which an agent has the host's tree.
func (s *stage) host(agent int) observe.Mount {
	s.t.Helper()
	return s.at("/host", agent)
}

// from is a process in a mount namespace with private copies of everything that
// another one sees, and in that one's user namespace.
func (s *stage) from(pid int) *host.Process {
	s.t.Helper()
	args := []string{"--mount", "--target", strconv.Itoa(pid)}
	own, err := os.Readlink("/proc/self/ns/user")
	if err != nil {
		s.t.Fatal(err)
	}
	// Nobody can enter the one that he is in.
	if its, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/user", pid)); err != nil {
		s.t.Fatal(err)
	} else if its != own {
		args = append(args, "--user")
	}
	return s.h.Start("nsenter", append(args, "unshare", "--mount", "--propagation", "private",
		"sh", "-ec", "echo it is there; read end")...)
}

// look is a hook that looks at processes between what ours does and what podman
// does next: soon after, podman removes the mountpoint of the root file system,
// and on this kernel copies go with it by themselves.
const look = `#!/bin/sh
id=$(sed 's/.*"id":"\([0-9a-f]*\)".*/\1/')
for pid in $(cat %[1]s/watched); do
	cat "/proc/$pid/mountinfo" >"%[1]s/$id.$pid"
done
`

// watch has processes looked at when containers are deleted.
func (s *stage) watch(pids ...int) {
	s.t.Helper()
	dir := s.h.Dir("look")
	program := filepath.Join(dir, "look")
	if err := os.WriteFile(program, fmt.Appendf(nil, look, dir), 0o755); err != nil {
		s.t.Fatal(err)
	}
	var watched []string
	for _, pid := range pids {
		watched = append(watched, strconv.Itoa(pid))
	}
	if err := os.WriteFile(filepath.Join(dir, "watched"), []byte(strings.Join(watched, " ")), 0o644); err != nil {
		s.t.Fatal(err)
	}
	// A user's podman calls it, too.
	if err := os.Chmod(dir, 0o777); err != nil {
		s.t.Fatal(err)
	}
	s.writeHook("zz-look.json", fmt.Sprintf(`{"version":"1.0.0","hook":{"path":%q},"when":{"always":true},"stages":["poststop"]}`, program))
}

// requireHeld fails unless a process had what podman had mounted for a container
// when that was deleted, or had nothing of it.
func (s *stage) requireHeld(id string, pid int, m mounts, want bool) {
	s.t.Helper()
	table := s.read(filepath.Join(s.h.Dir("look"), fmt.Sprintf("%s.%d", id, pid)))
	for _, m := range []observe.Mount{m.rootfs, m.shm} {
		if got := strings.Contains(table, m.Point+" "); got != want {
			s.t.Errorf("process %d held %s: %v", pid, m.Point, got)
		}
	}
}

// events is the text of the record of failures.
func events(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/run/unbusy/events")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

func name(runtime string, hooks []string) string {
	return fmt.Sprintf("%s with %d hooks", runtime, len(hooks))
}
