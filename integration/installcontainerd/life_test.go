package installcontainerd

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/internal/install"
	"github.com/unbusy/unbusy/internal/install/containerd"
)

// life is a containerd that runs on this machine, and what is installed there.
type life struct {
	t        *testing.T
	c        *host.Containerd
	pods     *cri.Engine
	host     *install.Host
	shim     string
	original string
}

func newLife(t *testing.T, version string) *life {
	t.Helper()
	h := host.New(t)
	// What is written there is the machine's.
	for _, dir := range []string{"/var/lib/unbusy", "/usr/local/bin"} {
		own(t, dir)
	}
	s := &life{t: t, shim: host.Program(t, "containerd-shim-unbusy-v2")}
	var err error
	if s.host, err = install.OpenHost(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.host.Close() })
	s.c = h.Containerd(host.Version(version), host.FirstInPath("/usr/local/bin"))
	s.pods = cri.Containerd(t, s.c)
	s.original = s.config()
	return s
}

// own gives the box a file system of its own at a directory.
func own(t *testing.T, dir string) {
	t.Helper()
	made := os.Mkdir(dir, 0o755) == nil
	if err := unix.Mount("unbusy-test", dir, "tmpfs", 0, "mode=755"); err != nil {
		t.Fatalf("mount at %s: %v", dir, err)
	}
	t.Cleanup(func() {
		err := unix.Unmount(dir, unix.MNT_DETACH)
		if err == nil && made {
			err = os.Remove(dir)
		}
		if err != nil {
			t.Errorf("give %s back: %v", dir, err)
		}
	})
}

func (s *life) config() string {
	s.t.Helper()
	text, err := os.ReadFile(s.c.ConfigFile())
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// do carries a plan out and returns what the operator is told.
func (s *life) do(plan install.Planner) string {
	s.t.Helper()
	done, err := install.Do(s.t.Context(), install.Request{
		Engine: "containerd", Host: s.host, Config: s.c.ConfigFile(), SetAsDefault: true, Shim: s.shim,
	}, plan)
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.Join(done.Notes, "\n")
}

func (s *life) restart() {
	s.t.Helper()
	s.c.Kill()
	s.c.Restart()
	s.pods.Await()
}

// requireShim wants a container or a pod to have our shim, or not.
func (s *life) requireShim(id string, ours bool) {
	s.t.Helper()
	path, err := os.Readlink("/proc/" + strconv.Itoa(s.c.ShimOf(id)) + "/exe")
	if err != nil || (path == s.shim) != ours {
		s.t.Errorf("the shim of %s is %s, %v; ours is wanted: %v", id, path, err, ours)
	}
}

// requireNeeded wants our shim's binary to be needed by these of the box's
// containers and no others.
func (s *life) requireNeeded(all, want []string) {
	s.t.Helper()
	needed, err := containerd.StillNeeded(s.t.Context(), s.host)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, name := range all {
		if slices.Contains(needed, name) != slices.Contains(want, name) {
			s.t.Errorf("needed is our shim by %v; %s is among them or not, against what is wanted", needed, name)
		}
	}
}

// TestLife installs for a containerd with pods, runs new ones, removes the
// installation while they run, and again when they are gone.
func TestLife(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		s := newLife(t, version)
		byPath := version != "1.6" // takes notice of runtime_path
		before := s.pods.Pod("before", cri.HostNetwork())
		apps := []*cri.Container{before.Run("app")}
		s.requireShim(before.ID(), false)

		if said := s.do(containerd.Install); !strings.Contains(said, "systemctl restart containerd") {
			t.Errorf("it says\n%s", said)
		}
		s.restart()
		usual := s.pods.Pod("usual", cri.HostNetwork())
		named := s.pods.Pod("named", cri.HostNetwork(), cri.Under("unbusy"))
		k := s.c.Run("client")
		apps = append(apps, usual.Run("app"), named.Run("app"))
		for _, id := range []string{usual.ID(), named.ID(), k.ID()} {
			s.requireShim(id, true)
		}
		s.requireShim(before.ID(), false)
		namespace := filepath.Base(filepath.Dir(k.Bundle()))
		all := []string{"k8s.io/" + before.ID(), "k8s.io/" + usual.ID(), "k8s.io/" + named.ID(), namespace + "/" + k.ID()}
		s.requireNeeded(all, all[1:])

		for range 2 { // the second time changes nothing
			said := s.do(containerd.Uninstall)
			if byPath != strings.Contains(said, "containerd-shim-unbusy-v2 must stay where it is") || !strings.Contains(said, `the handler "unbusy" stays`) {
				t.Errorf("it says\n%s", said)
			}
			s.restart()
			for _, app := range apps {
				if out := app.Exec("echo", "alive"); out != "alive\n" {
					t.Errorf("%s says %q", app.ID(), out)
				}
			}
			if out := k.Exec("echo", "alive"); out != "alive\n" {
				t.Errorf("ctr's container says %q", out)
			}
		}
		if strings.Contains(s.config(), s.shim) {
			t.Errorf("the configuration has our shim:\n%s", s.config())
		}
		later := s.pods.Pod("later", cri.HostNetwork(), cri.Under("unbusy"))
		s.requireShim(later.ID(), false)
		if byPath {
			s.requireNeeded(all, all[1:3])
		} else {
			s.requireNeeded(all, nil)
		}
		apps = append(apps, named.Run("another"), later.Run("app"))
		for _, app := range apps {
			app.Stop()
		}
		for _, pod := range []*cri.Pod{before, usual, named, later} {
			pod.Stop()
			pod.Remove()
		}
		k.Stop()
		k.Delete()

		said := s.do(containerd.Uninstall)
		if strings.Contains(said, "stay") {
			t.Errorf("it says\n%s", said)
		}
		if s.config() != s.original {
			t.Errorf("the configuration was\n%s\nand is\n%s", s.original, s.config())
		}
		if _, err := os.Lstat(linkFile); !os.IsNotExist(err) {
			t.Errorf("the link is still there: %v", err)
		}
		s.requireNeeded(all, nil)
		s.restart()
	})
}
