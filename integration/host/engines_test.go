package host_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// enginesVar tells a child process how its story of Debian's engines ends.
const enginesVar = "UNBUSY_TEST_ENGINES"

// fixed are paths that dockerd and podman make outside their own directories
// unless they are kept from it.
var fixed = []string{
	"/dev/shm/libpod_lock", "/etc/docker", "/opt/containerd", "/run/docker.pid", "/run/libpod",
	"/var/lib/containers", "/var/lib/containers/cache", "/var/lib/docker",
}

// TestNothingIsLeftOfDebiansEngines compares the machine before and after
// containers of dockerd's and podman's.
func TestNothingIsLeftOfDebiansEngines(t *testing.T) {
	host.NeedRoot(t)
	for _, end := range []string{"normal", "killed"} {
		t.Run(end, func(t *testing.T) {
			mark := fmt.Sprintf("unbusy-engines-%d-%d", os.Getpid(), time.Now().UnixNano()%1e6)
			before, absent := take(t), missing(t, fixed)
			cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestStoryOfDebiansEngines$")
			cmd.Env = append(os.Environ(), enginesVar+"="+end, "UNBUSY_BOX="+mark)
			// The keeper has the output open until it is done.
			out, err := cmd.CombinedOutput()
			_, after, found := strings.Cut(string(out), told+"\n")
			// What the keeper cannot clean up it says there.
			if !found || (err == nil) != (end == "normal") || end == "killed" && after != "" {
				t.Errorf("the story ended with %v:\n%s", err, out)
			}
			for _, item := range host.Left(before, take(t), mark) {
				t.Errorf("left behind: %s", item)
			}
			if now := missing(t, absent); len(now) != len(absent) {
				t.Errorf("of %v only %v are still missing", absent, now)
			}
		})
	}
}

// TestStoryOfDebiansEngines is not a test of its own but what the child of
// TestNothingIsLeftOfDebiansEngines does.
func TestStoryOfDebiansEngines(t *testing.T) {
	end := os.Getenv(enginesVar)
	if end == "" {
		return
	}
	h := host.New(t)
	d, p := h.Dockerd(), h.Podman()
	d.Run("plain")
	d.Run("volume", "--volume", "data:/data")
	p.Run("plain")
	p.Run("member", "--pod", p.Pod("pod"))
	if mark := os.Getenv("UNBUSY_BOX"); !someBear(take(t), mark) {
		t.Errorf("no process, cgroup or file bears %s", mark)
	}
	fmt.Fprintln(os.Stderr, told)
	if end == "killed" {
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		select {}
	}
}

// someBear makes sure that what is looked for would be seen.
func someBear(m observe.Machine, mark string) bool {
	kinds := map[string]bool{}
	for _, item := range m {
		if item.Bears(mark) {
			kinds[item.Kind] = true
		}
	}
	return kinds["process"] && kinds["cgroup"] && kinds["file"]
}

// missing returns those paths at which there is nothing.
func missing(t *testing.T, paths []string) []string {
	t.Helper()
	var absent []string
	for _, path := range paths {
		_, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			absent = append(absent, path)
		} else if err != nil {
			t.Fatal(err)
		}
	}
	return absent
}
