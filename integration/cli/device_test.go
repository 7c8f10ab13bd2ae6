package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestDevice has a volume that an agent keeps busy after it was unmounted here.
func TestDevice(t *testing.T) {
	tr := newTree(t)
	volume := tr.h.Volume("volume")
	point := tr.mkdir("volumes", "data", "_data")
	volume.Mount(point)
	agent := tr.agent("")
	r := ask(t, 1, "sweep", volume.Device())
	if got := r.kinds(); r.Type != "device" || !slices.Equal(got, []string{"private left"}) || !strings.Contains(r.InUse, "it is mounted at "+point) {
		t.Errorf("sweep of a device in use: %+v", r)
	}
	volume.Unmount(point)
	r = ask(t, 1, "who", volume.Device())
	if got := r.kinds(); !slices.Equal(got, []string{"private"}) || r.Mounts[0].FSType != "ext4" || r.Holders[0].Mountpoint != point {
		t.Errorf("who: %+v", r)
	}
	// By a link to it as well.
	link := filepath.Join(tr.root, "by-id")
	if err := os.Symlink(volume.Device(), link); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, 0, "sweep", link).kinds(); !slices.Equal(got, []string{"private detached"}) {
		t.Errorf("sweep: %q", got)
	}
	tr.requireSeen(agent, []string{point})
	ask(t, 0, "who", volume.Device())
}

// TestNetns has a network namespace that was bound by name, and that an agent
// keeps after its name is gone.
func TestNetns(t *testing.T) {
	tr := newTree(t)
	if err := os.MkdirAll("/run/netns", 0o755); err != nil {
		t.Fatal(err)
	}
	place := "/run/netns/unbusy-cni-1"
	if err := os.WriteFile(place, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	maker := tr.h.Start("unshare", "--net", "sh", "-c", "echo it is there; read end")
	if err := unix.Mount(fmt.Sprintf("/proc/%d/ns/net", maker.Pid()), place, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	// While somebody is in it the kernel has a path for it as well.
	of := fmt.Sprintf("/proc/%d/ns/net", maker.Pid())
	if r := ask(t, 0, "who", of); r.Type != "netns" || len(r.Mounts) != 1 || r.Mounts[0].Path != place {
		t.Errorf("who %s: %+v", of, r)
	}
	early := tr.agent("")
	if r := ask(t, 1, "sweep", of); !slices.Equal(r.kinds(), []string{"private left"}) || !strings.Contains(r.InUse, "a process is in it") {
		t.Errorf("sweep %s: %+v", of, r)
	}
	early.End()
	maker.End()
	// One that is of the same file system, and of nothing else.
	other := "/run/netns/unbusy-cni-2"
	if err := os.WriteFile(other, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("/proc/self/ns/net", other, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(other, unix.MNT_DETACH) })
	agent := tr.agent("")
	for _, word := range []string{"unbusy-cni-1", place} {
		r := ask(t, 1, "sweep", word)
		if got := r.kinds(); r.Type != "netns" || !slices.Equal(got, []string{"private left"}) || !strings.Contains(r.InUse, "it is mounted at "+place) {
			t.Errorf("sweep %s while it is in use: %+v", word, r)
		}
	}
	tr.unmount(place)
	for _, word := range []string{"unbusy-cni-1", place} {
		r := ask(t, 1, "who", word)
		if got := r.kinds(); r.Type != "netns" || !slices.Equal(got, []string{"private"}) || r.Holders[0].Mountpoint != place {
			t.Errorf("who %s: %+v", word, r)
		}
	}
	if got := ask(t, 0, "sweep", "unbusy-cni-1").kinds(); !slices.Equal(got, []string{"private detached"}) {
		t.Errorf("sweep: %q", got)
	}
	tr.requireSeen(agent, []string{place, other}, other)
}
