package doctorengines

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// cover puts an empty file system of the box over a directory of the machine's, for
// as long as the test takes.
func cover(t *testing.T, dir string) {
	t.Helper()
	made := os.Mkdir(dir, 0o755) == nil
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=755"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Unmount(dir, syscall.MNT_DETACH)
		if made {
			_ = os.Remove(dir)
		}
	})
}

// install carries out what a finding proposes.
func install(t *testing.T, fix string) {
	t.Helper()
	args := strings.Fields(fix)
	if args[0] != "unbusy" {
		t.Fatalf("the fix is no command of unbusy's: %s", fix)
	}
	// What is recorded goes below /var/lib.
	cover(t, "/var/lib/unbusy")
	if out, err := exec.Command(host.Program(t, "unbusy"), args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", fix, err, out)
	}
}

// TestDockerFix does with dockerd what the findings say, until there are none.
func TestDockerFix(t *testing.T) {
	h := host.New(t)
	d := h.Dockerd()
	install(t, require(t, "docker", pidOf(d.Pid()), "engine-not-protected")[0].Fix)
	found := require(t, "docker", pidOf(d.Pid()), "engine-not-protected")
	mentions(t, found[0].Fix, "kill -HUP")
	if err := syscall.Kill(d.Pid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	host.Await(t, "dockerd to have read its configuration", func() bool {
		return strings.TrimSpace(d.Docker("info", "--format", "{{.DefaultRuntime}}")) == "unbusy"
	})
	require(t, "docker", pidOf(d.Pid()))
}

// TestContainerdFix does with containerd what the findings say.
func TestContainerdFix(t *testing.T) {
	for _, version := range []string{"1.6", "2.4"} {
		t.Run(version, func(t *testing.T) {
			h := host.New(t)
			// 1.6 finds the shim by a link there.
			cover(t, "/usr/local/bin")
			c := h.Containerd(host.Version(version), host.FirstInPath("/usr/local/bin"))
			install(t, require(t, "containerd", pidOf(c.Pid()), "engine-not-protected")[0].Fix)
			c.Kill()
			c.Restart()
			require(t, "containerd", pidOf(c.Pid()))
		})
	}
}
