package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// podmanUser is the ordinary user who calls podman.
type podmanUser struct {
	home string
}

// podmanUserID is the user's id, and that of his group. The machine does not
// know him.
const podmanUserID = 64321

// PodmanRootless has an ordinary user call podman, who is known in the box only,
// with podman's directories where they are by default, below his home. His
// containers have no cgroups of their own, which takes crun.
func PodmanRootless() PodmanOption {
	return func(c *podmanConfig) { c.user = new(podmanUser) }
}

// settle makes the user known, and his home.
func (u *podmanUser) settle(h *Host) {
	h.t.Helper()
	h.Debian("newuidmap", "uidmap")
	u.home = h.Dir("home")
	h.ownEtc()
	for name, line := range map[string]string{
		"passwd": fmt.Sprintf("rootless:x:%d:%[1]d::%s:/bin/sh", podmanUserID, u.home),
		"group":  fmt.Sprintf("rootless:x:%d:", podmanUserID),
		"subuid": "rootless:1000000:65536",
		"subgid": "rootless:1000000:65536",
	} {
		if err := appendLine(filepath.Join("/etc", name), line); err != nil {
			h.t.Fatalf("make a user: %v", err)
		}
	}
	for _, dir := range []string{u.home, h.Dir("home", "run"), h.Dir("home", "tmp"), h.Dir("podman", "networks")} {
		if err := os.Chown(dir, podmanUserID, podmanUserID); err != nil {
			h.t.Fatalf("make a user: %v", err)
		}
	}
}

func appendLine(path, line string) error {
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(path, append(old, line+"\n"...), 0o644)
}

func (u *podmanUser) graphRoot() string {
	return filepath.Join(u.home, ".local/share/containers/storage")
}

func (u *podmanUser) runRoot() string { return filepath.Join(u.home, "run/containers") }

// command is how the user calls a program.
func (u *podmanUser) command(path string) []string {
	id := strconv.Itoa(podmanUserID)
	return []string{
		"setpriv", "--reuid", id, "--regid", id, "--clear-groups",
		"env", "--ignore-environment", "--chdir", u.home, "PATH=" + os.Getenv("PATH"), "HOME=" + u.home,
		"XDG_RUNTIME_DIR=" + filepath.Join(u.home, "run"), "TMPDIR=" + filepath.Join(u.home, "tmp"), path,
	}
}

// Home is the home of the user of a rootless podman.
func (p *Podman) Home() string { return p.config.user.home }

// Cgroup are the options that put a container's cgroup below the host's, or
// make it do without one where podman's user may not make any.
func (p *Podman) Cgroup() []string {
	if p.config.user != nil {
		return []string{"--cgroups", "disabled"}
	}
	return []string{"--cgroup-parent", p.h.Cgroup("podman")}
}

// podCgroup is Cgroup for a pod.
func (p *Podman) podCgroup() []string {
	if p.config.user != nil {
		return nil
	}
	return p.Cgroup()
}
