package containerd

import (
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestDetachAtCreate starts an agent that keeps its private binds next to a
// running container. Only if that is configured, the agent has lost the other
// container's mounts before its own program begins; its own ones, and those of the
// host, are untouched either way.
func TestDetachAtCreate(t *testing.T) {
	for _, test := range []struct {
		name, config string
		lost         bool
	}{
		{"by default", "", false},
		{"off", "detach_at_create = \"off\"\n", false},
		{"on", "detach_at_create = \"on\"\n", true},
		{"on, with the search of /proc", "detach_at_create = \"on\"\nnamespaces = \"proc\"\n", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := host.New(t)
			h.UnbusyConfig(host.Patient + test.config)
			c := h.Containerd(host.Runtime("unbusy", host.Program(t, "unbusy-runtime")))
			volume := h.Volume("pvc")
			at := filepath.Join(h.Dir("kubelet"), "pods/11111111-2222-3333-4444-555555555555/volumes/kubernetes.io~csi/pvc/mount")
			volume.Mount(at)
			victim := c.Run("victim", host.Under("unbusy"), host.Bind(at, "/data", "rbind", "rprivate"))
			rootfs, data := host.Mounted(t, victim.Rootfs()), host.Mounted(t, at)
			agent := c.Run("agent", host.Under("unbusy"), host.Bind("/", "/host", "rbind", "rprivate"),
				host.Bind(at, "/given", "rbind", "rprivate"), host.Annotation("unbusy.io/propagation", "keep"))

			wantRootfs, wantData := 1, 2 // one of the volume was asked for
			if test.lost {
				wantRootfs, wantData = 0, 1
			}
			if n := host.Held(t, agent.Pid(), rootfs); n != wantRootfs {
				t.Errorf("the agent has %d copies of the root file system, want %d", n, wantRootfs)
			}
			if n := host.Held(t, agent.Pid(), data); n != wantData {
				t.Errorf("the agent has %d copies of the volume, want %d", n, wantData)
			}
			if n := host.Held(t, victim.Pid(), data); n != 1 {
				t.Errorf("the victim has its volume %d times", n)
			}
			host.Mounted(t, victim.Rootfs())
			host.Mounted(t, at)
			if out := agent.Exec("ls", "/given"); out != "lost+found\n" {
				t.Errorf("the agent's own volume has %q", out)
			}
			if out := victim.Exec("ls", "/data"); out != "lost+found\n" {
				t.Errorf("the victim's volume has %q", out)
			}
			agent.Stop()
			victim.Stop()
			volume.Unmount(at)
		})
	}
}
