// Package incidents plays the reports of people whose containers could not be
// removed, each once with the stock engine, where it has to fail as reported, and
// once with unbusy.
package incidents

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

func TestMain(m *testing.M) {
	// How many incidents happen at the same time is decided where hosts are made.
	if err := flag.Set("test.parallel", "100"); err != nil {
		panic(err)
	}
	os.Exit(host.Main(m, "containerd-2.4", "runc-1.5"))
}

// requireHolds fails the test unless a process has something mounted at a path.
func requireHolds(t *testing.T, pid int, path string) {
	t.Helper()
	if !host.IsMounted(t, pid, path) {
		t.Fatalf("process %d does not hold %s: there is nothing to show", pid, path)
	}
}

// awaitHolds waits until a process has something mounted at a path.
func awaitHolds(t *testing.T, pid int, path string) {
	t.Helper()
	host.Await(t, path+" to be mounted", func() bool { return host.IsMounted(t, pid, path) })
}

// awaitApart waits until a process has mounts of its own.
func awaitApart(t *testing.T, pid, from int) {
	t.Helper()
	host.Await(t, "a mount namespace", func() bool {
		mounts, err := observe.Mounts(pid)
		if err != nil {
			t.Fatal(err)
		}
		others, err := observe.Mounts(from)
		if err != nil {
			t.Fatal(err)
		}
		return mounts[0].ID != others[0].ID
	})
}

// requireError fails unless an error has all the words that people searched for.
func requireError(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("the error is %v, want one with %q", err, word)
		}
	}
}

// requireStuck fails unless docker shows a container as one that it could not
// remove.
func requireStuck(t *testing.T, d *host.MachineDocker, container string) {
	t.Helper()
	if state := d.State(container); state != "removing" && state != "dead" {
		t.Errorf("docker says that the container is %s, want it removing or dead", state)
	}
}

// requireHolder fails unless unbusy who says with all the words who holds a target.
func requireHolder(t *testing.T, m *host.Machine, target string, words ...string) {
	t.Helper()
	out, err := m.Try("unbusy", "who", target)
	requireHeld(t, "who", out, err, words)
}

// requireLeft fails unless unbusy sweep says with all the words what it leaves of a
// target.
func requireLeft(t *testing.T, m *host.Machine, target string, words ...string) {
	t.Helper()
	out, err := m.Try("unbusy", "sweep", target)
	requireHeld(t, "sweep", out, err, words)
}

// requireHeld fails unless a command of unbusy's has said all the words, and by its
// status that something is held.
func requireHeld(t *testing.T, command, out string, err error, words []string) {
	t.Helper()
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), "exit status 1") || !strings.Contains(out, word) {
			t.Errorf("unbusy %s: %v: %s, want status 1 and %s", command, err, out, word)
		}
	}
}

// repair is what somebody does on whose host it has happened already: who says who
// the holders are, and sweep lets it go.
func repair(t *testing.T, m *host.Machine, target string, holders []string, flags ...string) {
	t.Helper()
	requireHolder(t, m, target, holders...)
	if out, err := m.Try(append([]string{"unbusy", "sweep", target}, flags...)...); err != nil {
		t.Errorf("unbusy sweep: %v: %s", err, out)
	}
}

// repairContainer is repair for a container, which can be removed then.
func repairContainer(t *testing.T, m *host.Machine, container string, holders ...string) {
	t.Helper()
	repair(t, m, container, holders)
	if _, err := m.Try("docker", "rm", "--force", container); err != nil {
		t.Errorf("after unbusy sweep: %v", err)
	}
}

// names are what a container's mounts have in their paths: its id, and those of its
// layer and of its network namespace.
func names(m *host.Machine, container string) []string {
	paths := strings.Fields(m.Run("docker", "inspect", "--format",
		"{{.Id}} {{.GraphDriver.Data.MergedDir}} {{.NetworkSettings.SandboxKey}}", container))
	return []string{paths[0], filepath.Base(filepath.Dir(paths[1])), filepath.Base(paths[2])}
}

// privateHome makes the home of Docker's storage driver a private mount, as the
// drivers themselves once did. dockerd sees to its data root only.
func privateHome(m *host.Machine) {
	m.Run("sh", "-ec", `mkdir /var/lib/docker/overlay2
		mount --bind /var/lib/docker/overlay2 /var/lib/docker/overlay2
		mount --make-private /var/lib/docker/overlay2`)
}
