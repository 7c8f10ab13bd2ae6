package doctorengines

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// deadly makes a container that Docker cannot remove: something is mounted on a
// directory of it by another way, where dockerd does not look for mounts. bound is
// the directory in the data root that has another name, and place the directory in
// that. It returns the mountpoint.
func deadly(t *testing.T, h *host.Host, d *host.Dockerd, bound, place string) string {
	t.Helper()
	alias := h.Dir("alias")
	other := filepath.Join(alias, place)
	for _, args := range [][]string{
		{"--bind", alias, alias}, {"--make-private", alias},
		{"--bind", filepath.Join(d.DataRoot(), bound), alias}, {"--make-private", alias},
		{"-t", "tmpfs", "tmpfs", other},
	} {
		if out, err := exec.Command("mount", args...).CombinedOutput(); err != nil {
			t.Fatalf("mount %q: %v: %s", args, err, out)
		}
	}
	t.Cleanup(func() {
		_ = syscall.Unmount(other, syscall.MNT_DETACH)
		_ = syscall.Unmount(alias, syscall.MNT_DETACH)
		_ = syscall.Unmount(alias, syscall.MNT_DETACH)
	})
	return other
}

// do carries out what a finding proposes.
func do(t *testing.T, d *host.Dockerd, fix string) {
	t.Helper()
	for step := range strings.SplitSeq(fix, "; ") {
		args := strings.Fields(step)
		switch args[0] {
		case "docker":
			args = d.Command(args[1:]...)
		case "unbusy":
			args[0] = host.Program(t, "unbusy")
		}
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", step, err, out)
		}
	}
}

// TestDead has a container that Docker fails to remove, and one that it removes.
func TestDead(t *testing.T) {
	h := host.New(t)
	d := h.Dockerd(host.DockerRuntime("unbusy", host.Program(t, "unbusy-runtime")))
	id := d.Run("web", "--network", "none")
	d.Run("fine", "--network", "none")
	d.Docker("kill", "web", "fine")
	// Stopped is not stuck.
	require(t, "docker", pidOf(d.Pid()))
	other := deadly(t, h, d, "", filepath.Join("containers", id, "mounts"))
	removal := exec.Command(d.Command("rm", "web")[0], d.Command("rm", "web")[1:]...)
	if err := removal.Start(); err != nil {
		t.Fatal(err)
	}
	d.Await("web", "{{.State.Status}}", func(state string) bool { return strings.TrimSpace(state) == "removing" })
	found := require(t, "docker", pidOf(d.Pid()), "container-dead")
	mentions(t, found[0].Evidence, "container web ("+id[:12]+")", "is being removed, and that does not end", "something is mounted at "+other)
	if err := removal.Wait(); err == nil {
		t.Fatal("the container has been removed")
	}
	d.Await("web", "{{.State.Status}}", func(state string) bool { return strings.TrimSpace(state) == "dead" })

	found = require(t, "docker", pidOf(d.Pid()), "container-dead")
	if strings.Contains(found[0].Evidence, "has it mounted at") {
		t.Errorf("whoever lives where dockerd does is named: %+v", found)
	}
	mentions(t, found[0].Evidence, "is dead: its removal failed", "something is mounted at "+other)
	if want := "umount " + other + "; docker rm --force web"; found[0].Fix != want {
		t.Errorf("the fix is %q, want %q", found[0].Fix, want)
	}
	do(t, d, found[0].Fix)
	require(t, "docker", pidOf(d.Pid()))
	if _, err := os.Lstat(filepath.Join(d.DataRoot(), "containers", id)); err == nil {
		t.Error("the container's directory is still there")
	}
}

// TestDeadAndHeld has a container that Docker fails to remove, and somebody beside
// that who holds its file system.
func TestDeadAndHeld(t *testing.T) {
	h := host.New(t)
	d := h.Dockerd() // with unbusy nobody would hold it
	id := d.Run("web", "--network", "none")
	layer, err := os.ReadFile(filepath.Join(d.DataRoot(), "image/overlay2/layerdb/mounts", id, "mount-id"))
	if err != nil {
		t.Fatal(err)
	}
	other := deadly(t, h, d, filepath.Join("overlay2", string(layer)), "merged")
	agent := h.Start("unshare", "--mount", "--propagation", "private", "sh", "-ec", "echo it is there; read end")
	if _, err := d.Try("rm", "--force", "web"); err == nil {
		t.Fatal("the container has been removed")
	}
	d.Await("web", "{{.State.Status}}", func(state string) bool { return strings.TrimSpace(state) == "dead" })
	found := require(t, "docker", pidOf(d.Pid()), "engine-not-protected", "container-dead")
	mentions(t, found[1].Evidence, "something is mounted at "+other, fmt.Sprintf("process %d (sh -ec", agent.Pid()), "has it mounted at")
	mentions(t, found[1].Fix, "umount "+other+"; unbusy sweep "+id[:12]+"; docker rm --force web")
	do(t, d, found[1].Fix)
	require(t, "docker", pidOf(d.Pid()), "engine-not-protected")
}
