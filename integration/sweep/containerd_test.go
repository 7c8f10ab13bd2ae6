package sweep

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
	"github.com/unbusy/unbusy/integration/toolbox"
)

// engine is a containerd whose shim calls the runtime alone under the name
// "observed-runc", or behind unbusy under "observed-unbusy", both observed.
type engine struct {
	*observer
	h *host.Host
	c *host.Containerd
}

// newEngine starts it.
func newEngine(t *testing.T, namespaces, areas string, extra ...host.ContainerdOption) *engine {
	t.Helper()
	h := host.New(t)
	tools, err := toolbox.Get(t.Context(), "runc-1.5")
	if err != nil {
		t.Fatal(err)
	}
	h.UnbusyConfig(fmt.Sprintf("runtime = %q\nlog = \"none\"\n%s\nnamespaces = %q\n%s",
		filepath.Join(tools, "runc"), patient, namespaces, areas))
	known := len(events(t))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the record: %s", events(t)[known:])
		}
	})
	e := &engine{h: h, observer: newObserver(t, h)}
	for name, runtime := range map[string]string{"observed-runc": filepath.Join(tools, "runc"), "observed-unbusy": wrapper(t)} {
		binary := filepath.Join(h.Dir("bin"), name)
		e.front(binary, runtime)
		extra = append(extra, host.Runtime(name, binary))
	}
	e.c = h.Containerd(extra...)
	return e
}

// TestAgentFromBefore has an agent that was started without unbusy, with private
// copies of everything: only the sweep can let a container's root file system
// go. What the agent has of a volume is nobody's business at a container's end.
func TestAgentFromBefore(t *testing.T) {
	for _, namespaces := range []string{"auto", "proc"} {
		t.Run("namespaces="+namespaces, func(t *testing.T) {
			e := newEngine(t, namespaces, "")
			volume := e.h.Volume("pvc")
			at := filepath.Join(e.h.Dir("kubelet"), "mount")
			volume.Mount(at)
			for _, runtime := range []string{"runc", "unbusy"} {
				victim := e.c.Run("victim-"+runtime, host.Under("observed-"+runtime), host.Bind(at, "/data", "rbind", "rprivate"))
				bystander := e.c.Run("bystander-"+runtime, host.Under("observed-"+runtime))
				agent := e.c.Run("agent-"+runtime, host.Under("runc"), host.Bind("/", "/host", "rbind", "rprivate"))
				rootfs := mounted(t, victim.Rootfs())
				requireHeld(t, agent.Pid(), []observe.Mount{rootfs, mounted(t, bystander.Rootfs()), mounted(t, at)})
				e.watch(agent.Pid())

				victim.Stop()
				saw := e.saw(victim.ID(), victim.Rootfs(), bystander.Rootfs(), at)
				if saw[victim.Rootfs()] != (runtime == "runc") {
					t.Errorf("%s: the root file system is held after the runtime's delete: %v", runtime, runtime == "unbusy")
				}
				if !saw[bystander.Rootfs()] || !saw[at] {
					t.Errorf("%s: the agent has lost what was not the container's", runtime)
				}
				victim.Delete()
				if got := bystander.Exec("echo", "alive"); got != "alive\n" {
					t.Errorf("%s: the bystander says %q", runtime, got)
				}
				for _, k := range []*host.Container{bystander, agent} {
					k.Stop()
					k.Delete()
				}
			}
			volume.Unmount(at)
		})
	}
}

// TestAgentWorkingInVictim has an agent whose slave copy of a container's root
// file system is in use. containerd's shim unmounts plainly, which fails because
// of that, and tries again for seconds (containerd core/mount, unmount). With
// unbusy the container stops as it does without an agent.
func TestAgentWorkingInVictim(t *testing.T) {
	e := newEngine(t, "auto", "")
	took := func(runtime string, withAgent bool) time.Duration {
		name := fmt.Sprintf("%s-%v", runtime, withAgent)
		victim := e.c.Run("victim-"+name, host.Under("observed-"+runtime))
		var agent *host.Container
		if withAgent {
			rootfs := victim.Rootfs()
			agent = e.c.Run("agent-"+name, host.Under("runc"), host.Bind("/", "/host", "rbind", "rslave"),
				host.Args("sh", "-c", "cd /host"+rootfs+" && exec sleep 1000000"))
			host.Await(t, "the agent to be at work", func() bool {
				dir, err := os.Readlink("/proc/" + itoa(agent.Pid()) + "/cwd")
				return err == nil && strings.HasSuffix(dir, rootfs)
			})
		}
		began := time.Now()
		// What it answers after all the trying is not what this is about.
		_, err := e.c.Try("task", "delete", "--force", victim.ID())
		stopped := time.Since(began)
		if err != nil && (!withAgent || runtime == "unbusy") {
			t.Errorf("%s: %v", name, err)
		}
		if agent != nil {
			agent.Stop()
			agent.Delete()
		}
		_, _ = e.c.Try("task", "delete", "--force", victim.ID())
		victim.Delete()
		return stopped
	}
	// A machine that is short of something else for a moment says nothing.
	fastest := func(runtime string, withAgent bool) time.Duration {
		return min(took(runtime, withAgent), took(runtime, withAgent), took(runtime, withAgent))
	}
	free, stuck, swept := fastest("runc", false), took("runc", true), fastest("unbusy", true)
	t.Logf("a stop takes %s, with the agent %s, with the agent and unbusy %s", free, stuck, swept)
	if stuck < 2*free {
		t.Errorf("the agent holds nothing up, there is nothing to show: %s without, %s with it", free, stuck)
	}
	if swept > (free+stuck)/2 {
		t.Errorf("with unbusy a stop takes %s; without an agent %s, with one %s", swept, free, stuck)
	}
}

// mounted returns what is mounted on a path of the host.
func mounted(t *testing.T, path string) observe.Mount {
	t.Helper()
	m, found, err := observe.At(path)
	if err != nil || !found {
		t.Fatalf("nothing is mounted on %s: %v", path, err)
	}
	return m
}
