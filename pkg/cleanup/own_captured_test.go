package cleanup

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/unbusy/unbusy/pkg/spec"
)

var versionInName = regexp.MustCompile(`-\d+(\.\d+)+`)

// TestOwnCaptured asks what containers of real engines own. A directory that
// nothing is expected of has its root file system and nothing else.
func TestOwnCaptured(t *testing.T) {
	more := map[string][]Kind{
		"docker-ipc-shareable":   {Shm},
		"containerd-cri-sandbox": {Shm, Netns, Volume, Volume, Volume, Volume, Volume},
		"podman-directory":       {Shm},
		"podman-network-host":    {Shm},
		"podman-plain":           {Shm},
		"podman-pod-infra":       {Shm},
		"podman-privileged":      {Shm},
		"podman-read-only":       {Shm},
		"podman-root":            {Shm},
		"podman-root-slave":      {Shm},
		"podman-tmpfs":           {Shm},
		"podman-volume":          {Shm},
	}
	dirs, err := filepath.Glob("../spec/testdata/captured/*")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, dir := range dirs {
		kind := versionInName.ReplaceAllString(filepath.Base(dir), "")
		seen[kind] = true
		t.Run(filepath.Base(dir), func(t *testing.T) {
			c, areas := capturedContainer(t, dir)
			mounts, _ := tableOf(t, string(readFile(t, dir, "mountinfo")))
			var got []Kind
			for _, o := range Own(c, areas, mounts) {
				got = append(got, o.Kind)
				want, ok := map[Kind]string{Rootfs: c.Rootfs, Shm: c.Shm, Netns: c.Network}[o.Kind]
				if ok && o.Path != want || !ok && !strings.Contains(o.Path, "/pods/"+c.PodUID+"/") {
					t.Errorf("%s is %s, want %s", o.Kind, o.Path, want)
				}
				if o.Tail == "" || o.On == (Place{}) {
					t.Errorf("%s has the tail %q and is on %v", o.Kind, o.Tail, o.On)
				}
			}
			if want := append([]Kind{Rootfs}, more[kind]...); !slices.Equal(got, want) {
				t.Errorf("owns %v, want %v", got, want)
			}
		})
	}
	for kind := range more {
		if !seen[kind] {
			t.Errorf("there is no capture of %s", kind)
		}
	}
}

// capturedContainer is the container of a capture. On that host /var/run was a
// link to /run.
func capturedContainer(t *testing.T, dir string) (Container, []spec.Area) {
	t.Helper()
	var config specs.Spec
	if err := json.Unmarshal(readFile(t, dir, "config.json"), &config); err != nil {
		t.Fatal(err)
	}
	var on struct {
		Areas  []spec.Area
		Rootfs string
	}
	if err := json.Unmarshal(readFile(t, dir, "host.json"), &on); err != nil {
		t.Fatal(err)
	}
	c := Container{
		Rootfs:  on.Rootfs,
		Sandbox: config.Annotations["io.kubernetes.cri.container-type"] == "sandbox",
		PodUID:  config.Annotations["io.kubernetes.cri.sandbox-uid"],
	}
	for _, m := range config.Mounts {
		if m.Destination == "/dev/shm" && filepath.IsAbs(m.Source) {
			c.Shm = m.Source
		}
	}
	for _, ns := range config.Linux.Namespaces {
		if ns.Type == specs.NetworkNamespace && ns.Path != "" {
			c.Network = strings.Replace(ns.Path, "/var/run/", "/run/", 1)
		}
	}
	c.ID = capturedID(t, dir, config, c)
	return c, on.Areas
}

// capturedID is the container's identifier, which is not in the specification.
// Every engine has it in one path or another.
func capturedID(t *testing.T, dir string, config specs.Spec, c Container) string {
	t.Helper()
	if engine, _, _ := strings.Cut(filepath.Base(dir), "-"); engine == "containerd" {
		return filepath.Base(filepath.Dir(c.Rootfs))
	}
	id := regexp.MustCompile(`/(?:containers|overlay-containers)/([0-9a-f]{64})/`)
	for _, m := range config.Mounts {
		// Of the files that podman binds, only some are the container's own in a pod.
		if m.Destination == "/run/.containerenv" || m.Destination == "/etc/hostname" {
			if found := id.FindStringSubmatch(m.Source); found != nil {
				return found[1]
			}
		}
	}
	t.Fatalf("there is no identifier in %s", dir)
	return ""
}

func readFile(t *testing.T, elem ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
