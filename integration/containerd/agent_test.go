package containerd

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
	"golang.org/x/sys/unix"
)

// TestAgent unmounts what is mounted for a container while an agent that binds
// the host's directories runs. Under runc the agent goes on holding it, under
// unbusy-runtime it does not.
//
// What is mounted is not the container's root file system: this kernel takes
// foreign copies of that away as soon as its mountpoint is removed.
func TestAgent(t *testing.T) {
	for _, test := range []struct {
		name string
		// source prepares and returns what the agent binds.
		source func(t *testing.T, h *host.Host, c *host.Containerd) string
		extra  []host.ContainerOption
		kept   bool // unbusy leaves the bind alone
	}{
		{name: "the root", source: func(*testing.T, *host.Host, *host.Containerd) string { return "/" }},
		{name: "the state directory", source: func(_ *testing.T, _ *host.Host, c *host.Containerd) string { return c.State() }},
		{name: "a link to the state directory", source: func(t *testing.T, h *host.Host, c *host.Containerd) string {
			link := filepath.Join(h.Dir("links"), "state")
			if err := os.Symlink(c.State(), link); err != nil {
				t.Fatal(err)
			}
			return link
		}},
		{name: "an alias of the state directory", source: func(t *testing.T, h *host.Host, c *host.Containerd) string {
			alias := h.Dir("alias")
			if err := unix.Mount(c.State(), alias, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := unix.Unmount(alias, unix.MNT_DETACH); err != nil {
					t.Error(err)
				}
			})
			return alias
		}},
		{
			name:   "the root, and the container opts out",
			source: func(*testing.T, *host.Host, *host.Containerd) string { return "/" },
			extra:  []host.ContainerOption{host.Annotation("unbusy.io/propagation", "keep")},
			kept:   true,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := host.New(t)
			h.UnbusyConfig(host.Patient)
			c := h.Containerd(host.Runtime("unbusy", host.Program(t, "unbusy-runtime")))
			source := test.source(t, h, c)
			for _, runtime := range []string{"runc", "unbusy"} {
				victim := c.Run("victim-"+runtime, host.Under("runc"))
				point := filepath.Join(victim.Bundle(), "mount")
				if err := os.Mkdir(point, 0o700); err != nil {
					t.Fatal(err)
				}
				if err := unix.Mount("tmpfs", point, "tmpfs", 0, ""); err != nil {
					t.Fatal(err)
				}
				m := host.Mounted(t, point)
				options := slices.Concat(test.extra, []host.ContainerOption{
					host.Under(runtime), host.Bind(source, "/host", "rbind", "rprivate"),
				})
				agent := c.Run("agent-"+runtime, options...)
				if host.Held(t, agent.Pid(), m) == 0 {
					t.Fatalf("%s: the agent does not see the mount, there is nothing to show", runtime)
				}
				if err := unix.Unmount(point, 0); err != nil {
					t.Fatal(err)
				}
				if n := host.Held(t, agent.Pid(), m); (n > 0) != (runtime == "runc" || test.kept) {
					t.Errorf("%s: the agent holds %d copies of what is unmounted", runtime, n)
				}
				victim.Stop()
				victim.Delete()
				agent.Stop()
				agent.Delete()
			}
		})
	}
}

// TestVolume removes a container with a volume on a block device: the device is
// free at once.
func TestVolume(t *testing.T) {
	h := host.New(t)
	h.UnbusyConfig(host.Patient)
	c := h.Containerd(host.Runtime("unbusy", host.Program(t, "unbusy-runtime")))
	for _, runtime := range []string{"runc", "unbusy"} {
		volume := h.Volume(runtime)
		at := filepath.Join(h.Dir("kubelet"), "pods/11111111-2222-3333-4444-555555555555/volumes/kubernetes.io~csi", runtime, "mount")
		volume.Mount(at)
		victim := c.Run("victim-"+runtime, host.Under(runtime), host.Bind(at, "/data", "rbind", "rprivate"))
		agent := c.Run("agent-"+runtime, host.Under(runtime), host.Bind("/", "/host", "rbind", "rprivate"))
		victim.Stop()
		victim.Delete()
		volume.Unmount(at)
		busy, err := observe.Busy(volume.Device())
		if err != nil {
			t.Fatal(err)
		}
		if busy != (runtime == "runc") {
			t.Errorf("%s: the device is busy: %v", runtime, busy)
		}
		agent.Stop()
		agent.Delete()
	}
}

// TestOrdinaryContainer compares what a container without covering binds gets
// from runc and through unbusy-runtime, down to the bytes of its config.json.
func TestOrdinaryContainer(t *testing.T) {
	h := host.New(t)
	h.UnbusyConfig(host.Patient)
	c := h.Containerd(host.Runtime("unbusy", host.Program(t, "unbusy-runtime")))
	data := h.Dir("data")
	specs := make(map[string]string)
	for _, runtime := range []string{"runc", "unbusy"} {
		k := c.Run("ordinary", host.Under(runtime), host.Bind(data, "/data", "rbind", "rw"))
		text, err := os.ReadFile(filepath.Join(k.Bundle(), "config.json"))
		if err != nil {
			t.Fatal(err)
		}
		specs[runtime] = string(text)
		if out := k.Exec("sh", "-c", "echo to the end; exit 0"); out != "to the end\n" {
			t.Errorf("%s: exec printed %q", runtime, out)
		}
		k.Stop()
		k.Delete()
	}
	if specs["runc"] != specs["unbusy"] || !strings.Contains(specs["runc"], data) {
		t.Errorf("the specifications differ:\n%s\n%s", specs["runc"], specs["unbusy"])
	}
}
