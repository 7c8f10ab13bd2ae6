package package_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
)

// debianDir is where the Debian is that the tests start from: what dpkg needs
// and nothing else. It is kept beside the pinned tools, and never written to.
func debianDir() (string, error) {
	cache := os.Getenv("UNBUSY_CACHE")
	if cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		cache = filepath.Join(dir, "unbusy")
	}
	return filepath.Join(cache, "debian", "bookworm-essential-"+runtime.GOARCH), nil
}

// makeDebian makes the Debian if there is none yet, from the machine's package
// mirror. An attempt that is cut short leaves nothing that looks like one.
func makeDebian() error {
	dir, err := debianDir()
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	attempt, err := os.MkdirTemp(filepath.Dir(dir), "attempt")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(attempt) }() // the rename took it, or it is of no use
	if err := os.Chmod(attempt, 0o755); err != nil {
		return err
	}
	command := exec.Command("mmdebstrap", "--quiet", "--variant=essential", "bookworm", attempt)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("mmdebstrap: %w: %s", err, out)
	}
	if err := os.Rename(attempt, dir); err != nil && !os.IsExist(err) {
		return fmt.Errorf("keep the Debian: %w", err)
	}
	return nil
}

// root is the root directory of a Debian of a test's own.
type root struct {
	t   *testing.T
	dir string
}

// newRoot mounts a Debian that the test may write to.
func newRoot(t *testing.T) root {
	t.Helper()
	h := host.New(t)
	lower, err := debianDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := h.Dir("root")
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", lower, h.Dir("upper"), h.Dir("work"))
	if err := unix.Mount("overlay", dir, "overlay", 0, options); err != nil {
		t.Fatalf("mount a Debian: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return root{t, dir}
}

// path is where a path of the Debian is for the test.
func (r root) path(name string) string { return filepath.Join(r.dir, name) }

// write makes a file in the Debian, and the directories to it.
func (r root) write(name, text string, mode os.FileMode) {
	r.t.Helper()
	if err := os.MkdirAll(filepath.Dir(r.path(name)), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(r.path(name), []byte(text), mode); err != nil {
		r.t.Fatal(err)
	}
}

// alone runs a program of the machine's to which the processes of the Debian
// are the only ones: it is not about what else the machine runs.
func (r root) alone(program string, args ...string) (string, error) {
	unshare := []string{"--pid", "--fork", "--kill-child", "--mount-proc=" + r.path("proc"), program}
	command := exec.CommandContext(r.t.Context(), "unshare", append(unshare, args...)...)
	command.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive"}
	out, err := command.CombinedOutput()
	return string(out), err
}

// try runs a program of the Debian in it, and returns what it wrote.
func (r root) try(program string, args ...string) (string, error) {
	return r.alone("chroot", append([]string{r.dir, program}, args...)...)
}

// run is try for what has to succeed.
func (r root) run(program string, args ...string) string {
	r.t.Helper()
	out, err := r.try(program, args...)
	if err != nil {
		r.t.Fatalf("%s %q: %v: %s", program, args, err, out)
	}
	return out
}

// rpm runs the machine's rpm on the Debian: there is none in it. Debian's own
// would rather not.
func (r root) rpm(args ...string) (string, error) {
	return r.alone("rpm", append([]string{"--root", r.dir, "--dbpath", "/var/lib/rpm", "--force-debian"}, args...)...)
}
