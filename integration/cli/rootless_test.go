package cli

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

// rootless is Debian's podman as an ordinary user calls it, who is known in the
// box only.
type rootless struct {
	t    *testing.T
	h    *host.Host
	home string
}

// rootlessID is the user's id, and that of his group.
const rootlessID = 64321

func newRootless(t *testing.T) *rootless {
	t.Helper()
	h := host.New(t)
	h.Debian("newuidmap", "uidmap")
	r := &rootless{t: t, h: h, home: h.Dir("home")}
	h.UnbusyConfig("")
	for name, line := range map[string]string{
		"passwd": fmt.Sprintf("rootless:x:%d:%[1]d::%s:/bin/sh", rootlessID, r.home),
		"group":  fmt.Sprintf("rootless:x:%d:", rootlessID),
		"subuid": "rootless:1000000:65536",
		"subgid": "rootless:1000000:65536",
	} {
		r.append(filepath.Join("/etc", name), line)
	}
	for _, dir := range []string{r.home, h.Dir("home", "run"), h.Dir("home", "tmp")} {
		if err := os.Chown(dir, rootlessID, rootlessID); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func (r *rootless) append(path, line string) {
	r.t.Helper()
	old, err := os.ReadFile(path)
	if err == nil || os.IsNotExist(err) {
		err = os.WriteFile(path, append(old, line+"\n"...), 0o644)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// apart runs a shell script in a mount namespace that has no second hierarchy of
// cgroups beside those of version 1, which crun does not like.
const apart = `mount --make-rprivate /
if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi
exec "$@"`

// podman runs podman as the user and returns its standard output.
func (r *rootless) podman(args ...string) string {
	r.t.Helper()
	id := strconv.Itoa(rootlessID)
	command := append([]string{
		"--mount", "sh", "-ec", apart, "sh",
		"setpriv", "--reuid", id, "--regid", id, "--clear-groups",
		"env", "--ignore-environment", "--chdir", r.home, "PATH=" + os.Getenv("PATH"), "HOME=" + r.home,
		"XDG_RUNTIME_DIR=" + filepath.Join(r.home, "run"), "TMPDIR=" + filepath.Join(r.home, "tmp"),
		r.h.Debian("podman", "podman"), "--storage-driver", "overlay", "--cgroup-manager", "cgroupfs",
		"--events-backend", "none", "--runtime", r.h.Debian("crun", "crun"),
	}, args...)
	out, err := r.h.Exec(nil, "unshare", command...)
	if err != nil {
		r.t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

// image makes an image of busybox.
func (r *rootless) image() string {
	r.t.Helper()
	archive := filepath.Join(r.home, "image.tar")
	script := `mkdir -p "$1/bin"; cp "$(command -v busybox)" "$1/bin"; tar --create --file "$2" --directory "$1" .`
	if _, err := r.h.Exec(nil, "sh", "-ec", script, "sh", r.h.Dir("image"), archive); err != nil {
		r.t.Fatal(err)
	}
	return r.podman("import", archive, "unbusy.test/busybox:1")
}

// start runs a container in the background and returns its id.
func (r *rootless) start(name, image string) string {
	r.t.Helper()
	return r.podman("run", "--detach", "--name", name, "--cgroups", "disabled", "--network", "none", "--pull", "never",
		"--ulimit", "nofile=1024:20000", "--ulimit", "nproc=1024:4096", image, "/bin/busybox", "sleep", "1000000")
}

// shm is where the shared memory of a container is mounted.
func (r *rootless) shm(id string) string {
	return filepath.Join(r.home, ".local/share/containers/storage/overlay-containers", id, "userdata/shm")
}

// TestRootless has a container of an ordinary user's podman, whose mounts are in
// that podman's own namespace and nowhere else, and an agent with a copy of them.
func TestRootless(t *testing.T) {
	r := newRootless(t)
	// Where no engine of the host's runs nothing is ever detached.
	r.h.Engine("dockerd")
	id := r.start("one", r.image())
	keeper, monitor := called(t, r.h, "podman pause"), called(t, r.h, "conmon")
	if namespaceOf(t, keeper) != namespaceOf(t, monitor) {
		t.Fatal("podman has more than one namespace")
	}
	merged := r.podman("inspect", "--format", "{{.GraphDriver.Data.MergedDir}}", id)
	shm := r.shm(id)
	if r.mounted(0, merged, shm) != 0 || r.mounted(keeper, merged, shm) != 2 {
		t.Fatal("podman has mounted elsewhere")
	}
	agent := r.h.Start("nsenter", "--mount", "--target", strconv.Itoa(keeper),
		"unshare", "--mount", "--propagation", "private", "sh", "-ec", "echo it is there; read end")

	left := sweepsNothing(t, r.h)
	for _, point := range []string{merged, shm} {
		requireSkipped(t, left, keeper, point, "its mount namespace is protected: nested podman pause")
		requireSkipped(t, left, agent.Pid(), point, "it is ")
	}
	if got := r.podman("exec", "one", "/bin/busybox", "echo", "alive"); got != "alive" {
		t.Errorf("the container says %q", got)
	}
	r.podman("rm", "--force", "--time", "0", "one")
	if r.mounted(keeper, merged, shm) != 0 {
		t.Error("podman could not unmount what it had mounted")
	}
}

// mounted counts the places on which a process has something mounted.
func (r *rootless) mounted(pid int, points ...string) int {
	r.t.Helper()
	mounts, err := observe.Mounts(pid)
	if err != nil {
		r.t.Fatal(err)
	}
	n := 0
	for _, m := range mounts {
		for _, point := range points {
			if m.Point == point {
				n++
			}
		}
	}
	return n
}
