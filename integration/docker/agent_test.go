package docker

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/observe"
)

// TestAgent stops a container that ran under plain runc, so that nothing is
// swept, while agents run that bind directories of dockerd's: each once under
// runc and once under unbusy-runtime, which rewrites the bind. What dockerd
// rewrites itself is what it recognises: a bind of / without another propagation.
func TestAgent(t *testing.T) {
	d := dockerd(t)
	alias := d.Host().Dir("alias")
	if err := unix.Mount(d.DataRoot(), alias, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(alias, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	sources := []struct{ name, volume, sees, stock string }{
		{"root", "/:/host", everything, ""},
		{"link", linkTo(t, d.Host(), d.DataRoot()) + ":/host:rprivate", "rootfs shm", "shm"},
		{"alias", alias + ":/host:rprivate", "rootfs shm", "shm"},
		{"run", "/run:/host:rprivate", "netns", "netns"},
		{"exec-root", d.ExecRoot() + ":/host", "netns", "netns"},
	}
	m := runVictim(t, d, "victim", stock)
	agents := make(map[string]int)
	for _, source := range sources {
		for _, runtime := range []string{stock, unbusy} {
			name := source.name + "-" + runtime
			run(d, name, runtime, "--network", "host", "--hostname", name, "--volume", source.volume)
			agents[name] = pidOf(t, d, name)
			if sees := m.heldBy(t, agents[name]); sees != source.sees {
				t.Fatalf("agent %s sees %q, want %q", name, sees, source.sees)
			}
		}
	}
	d.Docker("stop", "--time", "0", "victim")
	for _, source := range sources {
		for runtime, want := range map[string]string{stock: source.stock, unbusy: ""} {
			name := source.name + "-" + runtime
			if held := m.heldBy(t, agents[name]); held != want {
				t.Errorf("agent %s holds %q, want %q", name, held, want)
			}
		}
	}
}

// TestKubeletRoot unmounts a pod's volume while an agent runs that binds the
// kubelet's directory.
func TestKubeletRoot(t *testing.T) {
	d := dockerd(t)
	root := d.Host().Dir("kubelet")
	configure(d.Host(), "[[roots]]\nengine = \"kubelet\"\npath = \""+root+"\"\n")
	volume := d.Host().Volume("claim")
	at := filepath.Join(root, "pods/0a1b2c3d-1111-2222-3333-444455556666/volumes/kubernetes.io~csi/claim/mount")
	// Under runc the device stays busy.
	for _, runtime := range []string{unbusy, stock} {
		volume.Mount(at)
		original, is, err := observe.At(at)
		if err != nil || !is {
			t.Fatalf("the volume is not mounted: %v", err)
		}
		run(d, "agent-"+runtime, runtime, "--network", "none", "--volume", root+":/kubelet:rprivate")
		copied := mounts{"rootfs": original}
		if copied.heldBy(t, pidOf(t, d, "agent-"+runtime)) == "" {
			t.Fatalf("%s: the agent does not see the volume, there is nothing to show", runtime)
		}
		volume.Unmount(at)
		if busy, err := observe.Busy(volume.Device()); err != nil || busy != (runtime == stock) {
			t.Errorf("%s: the device is busy: %v, %v", runtime, busy, err)
		}
	}
}

// TestVolumeWithOptions stops a container with a volume that dockerd mounts for
// it, and whose device it lets go when the last container with it has stopped.
// Nothing sweeps volumes: an agent is kept from holding one by rewriting.
func TestVolumeWithOptions(t *testing.T) {
	d := dockerd(t)
	device := d.Host().Volume("disk").Device()
	d.Docker("volume", "create", "--opt", "type=ext4", "--opt", "device="+device, "disk")
	for _, runtime := range []string{unbusy, stock} {
		run(d, "victim-"+runtime, runtime, "--network", "none", "--volume", "disk:/data")
		d.Docker("exec", "victim-"+runtime, "sh", "-c", "echo written >/data/"+runtime)
		runAgent(t, d, "agent-"+runtime, runtime)
		d.Docker("rm", "--force", "victim-"+runtime)
		if busy, err := observe.Busy(device); err != nil || busy != (runtime == stock) {
			t.Errorf("%s: the device is busy: %v, %v", runtime, busy, err)
		}
		if _, err := os.Stat(filepath.Join(d.DataRoot(), "volumes/disk/_data", runtime)); err == nil {
			t.Errorf("%s: the volume is still mounted on the host", runtime)
		}
	}
}
