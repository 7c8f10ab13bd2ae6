package host_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// endVar tells a child process, this test binary in a box within the box, how
// its story ends.
const endVar = "UNBUSY_TEST_STORY"

// told is what the child says when it has done everything that could leave
// something behind.
const told = "the story is told"

// TestNothingIsLeft compares the machine before and after a test binary that
// ended in one way or another while containers, mounts and loop devices were
// there.
func TestNothingIsLeft(t *testing.T) {
	host.NeedRoot(t)
	for _, test := range []struct {
		end    string
		signal syscall.Signal
		passes bool
	}{
		{end: "normal", passes: true},
		{end: "failure"},
		{end: "panic"},
		{end: "wait", signal: syscall.SIGINT},
		{end: "wait", signal: syscall.SIGTERM},
		{end: "wait", signal: syscall.SIGKILL},
	} {
		name := test.end
		if test.signal != 0 {
			name = test.signal.String()
		}
		t.Run(name, func(t *testing.T) {
			mark := fmt.Sprintf("unbusy-story-%d-%d", os.Getpid(), time.Now().UnixNano()%1e6)
			before := take(t)
			said, err := tell(t, mark, test.end, func(story *os.Process) {
				if test.signal == 0 {
					return
				}
				seesWhatIsThere(t, take(t), before, mark)
				if err := story.Signal(test.signal); err != nil {
					t.Error(err)
				}
			})
			if passed := err == nil; passed != test.passes {
				t.Errorf("the story ended with %v", err)
			}
			for _, item := range host.Left(before, take(t), mark) {
				t.Errorf("left behind: %s", item)
			}
			if t.Failed() {
				t.Logf("the story:\n%s", said)
			}
		})
	}
}

// tell runs TestStory in a box of the given name. When it has told, whenTold is
// called. It returns what the story wrote and how its process ended.
func tell(t *testing.T, mark, end string, whenTold func(*os.Process)) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestStory$")
	cmd.Env = append(os.Environ(), endVar+"="+end, "UNBUSY_BOX="+mark)
	output, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	cmd.Stdout, cmd.Stderr = write, write
	err = cmd.Start()
	write.Close()
	if err != nil {
		t.Fatal(err)
	}
	// Whatever the story has started may hold it open, and the keeper does
	// until it is done.
	if err := output.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		fmt.Fprintln(&said, lines.Text())
		if lines.Text() == told {
			whenTold(cmd.Process)
		}
	}
	if err := lines.Err(); err != nil {
		t.Errorf("read what the story says: %v", err)
	}
	return said.String(), cmd.Wait()
}

// seesWhatIsThere makes sure that the test would see what it looks for.
func seesWhatIsThere(t *testing.T, now, before observe.Machine, mark string) {
	t.Helper()
	kinds := map[string]bool{}
	for _, item := range now.Since(before) {
		if item.Bears(mark) {
			kinds[item.Kind] = true
		}
	}
	for _, kind := range []string{"process", "cgroup", "loop", "file"} {
		if !kinds[kind] {
			t.Errorf("no %s of the running story is seen", kind)
		}
	}
}

// TestStory is not a test of its own but what the child of TestNothingIsLeft
// does.
func TestStory(t *testing.T) {
	end := os.Getenv(endVar)
	if end == "" {
		return
	}
	h := host.New(t)
	c := h.Containerd()
	volume := h.Volume("pvc")
	at := filepath.Join(h.Dir("kubelet"), "mount")
	volume.Mount(at)
	c.Run("victim", host.Bind(at, "/data", "rbind", "rprivate"))
	c.Run("agent", host.Bind("/", "/rootfs", "rbind", "rprivate"))
	c.Run("paused")
	c.Ctr("task", "pause", "paused")
	fmt.Fprintln(os.Stderr, told)
	switch end {
	case "normal":
		c.Ctr("task", "resume", "paused")
	case "failure":
		t.Fatal("as it was told to")
	case "panic":
		go func() { panic("as it was told to") }()
		select {}
	case "wait":
		select {}
	}
}

func take(t *testing.T) observe.Machine {
	t.Helper()
	m, err := observe.Take()
	if err != nil {
		t.Fatal(err)
	}
	return m
}
