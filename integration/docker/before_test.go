package docker

import (
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// TestAgentFromBefore ends containers in every way while an agent runs that was
// started with plain runc, after them, and that no rewriting has seen. What it
// holds of a container that ran under runc differs with the way:
//
//   - The root file system is gone in any case: dockerd removes the mountpoint
//     when the container stops (moby daemon/graphdriver/overlay2, Put), and this
//     kernel takes foreign copies along with it. TestBetween looks before that.
//   - The shared memory stays until the container is removed, because its
//     mountpoint does.
//   - The network namespace stays even then: dockerd removes its mountpoint only
//     a minute later, or when it needs to (moby libnetwork/osl).
//
// Under unbusy-runtime nothing is held as soon as docker stop, kill or rm
// returns.
func TestAgentFromBefore(t *testing.T) {
	d := dockerd(t)
	ways := []struct {
		name  string
		end   func(t *testing.T, d *host.Dockerd, victim string)
		stock string // what an agent holds after it under runc
	}{
		{"stop", func(_ *testing.T, d *host.Dockerd, v string) { d.Docker("stop", "--time", "0", v) }, "netns shm"},
		{"kill", func(_ *testing.T, d *host.Dockerd, v string) { d.Docker("kill", v) }, "netns shm"},
		{"rm", func(_ *testing.T, d *host.Dockerd, v string) { d.Docker("rm", "--force", v) }, "netns"},
		{"end", endByItself, "netns shm"},
	}
	all := make(map[string]mounts)
	for _, way := range ways {
		for _, runtime := range []string{stock, unbusy} {
			name := way.name + "-" + runtime
			all[name] = runVictim(t, d, name, runtime)
		}
	}
	removed := make(map[string]<-chan error)
	for _, runtime := range []string{stock, unbusy} {
		name := "run-rm-" + runtime
		removed[runtime] = runInForeground(d, name, runtime)
		all[name] = ownMounts(t, d, name)
	}
	agent := runAgent(t, d, "agent", stock)
	for name, m := range all {
		if held := m.heldBy(t, agent); held != everything {
			t.Fatalf("of %s the agent sees %q, there is nothing to show", name, held)
		}
	}

	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			for runtime, want := range map[string]string{stock: way.stock, unbusy: ""} {
				name := way.name + "-" + runtime
				way.end(t, d, name)
				if held := all[name].heldBy(t, agent); held != want {
					t.Errorf("%s: the agent holds %q, want %q", runtime, held, want)
				}
			}
		})
	}
	t.Run("run --rm", func(t *testing.T) {
		for runtime, want := range map[string]string{stock: "netns", unbusy: ""} {
			name := "run-rm-" + runtime
			d.Docker("kill", name)
			if err := <-removed[runtime]; err == nil {
				t.Errorf("%s: docker run --rm of a container that was killed reports success", runtime)
			}
			if held := all[name].heldBy(t, agent); held != want {
				t.Errorf("%s: the agent holds %q, want %q", runtime, held, want)
			}
		}
	})
	stillFine(t, d, "agent")
}

// endByItself has a container's first process end on its own, and waits for
// dockerd to take note.
func endByItself(t *testing.T, d *host.Dockerd, name string) {
	t.Helper()
	killFirstProcess(t, d, name)
	d.Docker("wait", name)
}

// runInForeground runs a container with docker run --rm, which returns when the
// container is removed. What it returns comes over the channel. The container
// runs when runInForeground returns.
func runInForeground(d *host.Dockerd, name, runtime string) <-chan error {
	image := d.Image()
	done := make(chan error, 1)
	args := append([]string{"run", "--rm", "--name", name, "--runtime", runtime}, victimOptions...)
	go func() {
		_, err := d.Try(append(args, image)...)
		done <- err
	}()
	d.Await(name, "{{.State.Running}}", func(out string) bool { return out == "true\n" })
	return done
}

// stillFine makes sure that a container that should have noticed nothing works:
// it answers, and has its root file system, on the host as inside.
func stillFine(t *testing.T, d *host.Dockerd, name string) {
	t.Helper()
	if out, err := d.Try("exec", name, "sh", "-c", "busybox | grep -c BusyBox >/tmp/probe && cat /tmp/probe && rm /tmp/probe"); err != nil || out == "" || out == "0\n" {
		t.Errorf("%s: exec prints %q, %v", name, out, err)
	}
	merged := inspect(d, name, "{{.GraphDriver.Data.MergedDir}}")
	if _, is, err := observe.At(merged); err != nil || !is {
		t.Errorf("%s: its root file system is not mounted any more, %v", name, err)
	}
}
