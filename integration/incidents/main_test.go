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
	flag.Parse()
	// How many incidents happen at the same time is decided where hosts are made.
	if err := flag.Set("test.parallel", "100"); err != nil {
		panic(err)
	}
	os.Exit(host.Main(m, "containerd-2.4", "runc-1.5"))
}

// holds tells whether a process has something mounted at a path.
func holds(t *testing.T, pid int, path string) bool {
	t.Helper()
	mounts, err := observe.Mounts(pid)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mounts {
		if m.Point == path {
			return true
		}
	}
	return false
}

// requireHolds fails the test unless a process has something mounted at a path.
func requireHolds(t *testing.T, pid int, path string) {
	t.Helper()
	if !holds(t, pid, path) {
		t.Fatalf("process %d does not hold %s: there is nothing to show", pid, path)
	}
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

// repair is what somebody does on whose host it has happened already: who says
// who the holders are, sweep lets it go, and what the engine could not do before succeeds.
func repair(t *testing.T, m *host.Machine, container string, holders ...string) {
	t.Helper()
	m.InstallUnbusy()
	out, err := m.Try("unbusy", "who", container)
	for _, holder := range holders {
		if err == nil || !strings.Contains(out, holder) {
			t.Errorf("unbusy who: %v: %s, want status 1 and %s", err, out, holder)
		}
	}
	if out, err := m.Try("unbusy", "sweep", container); err != nil {
		t.Errorf("unbusy sweep: %v: %s", err, out)
	}
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
