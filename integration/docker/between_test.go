package docker

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// witness is a directory with runtimes that run another one and, when that has
// deleted a container, write down which mounts processes of interest see: after
// the runtime's delete and before dockerd unmounts anything.
type witness struct{ dir string }

const testimony = `#!/bin/sh
%[1]q "$@"
status=$?
for word do [ "$word" = delete ] && deleted=yes; id=$word; done
if [ "$deleted" ] && [ ! -e %[2]q/"$id" ]; then
	mkdir %[2]q/"$id"
	while read -r pid; do cat /proc/"$pid"/mountinfo >%[2]q/"$id/$pid"; done <%[2]q/pids
fi
exit $status
`

// runtime makes a runtime that runs another one. dockerd asks it for its version
// when it starts, so it has to be there by then.
func (w witness) runtime(t *testing.T, binary string) string {
	t.Helper()
	path := filepath.Join(w.dir, "witness-"+filepath.Base(binary))
	if err := os.WriteFile(path, fmt.Appendf(nil, testimony, binary, w.dir), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// watch says whose namespaces are looked at.
func (w witness) watch(t *testing.T, pids ...int) {
	t.Helper()
	list := strings.Trim(strings.ReplaceAll(fmt.Sprint(pids), " ", "\n"), "[]") + "\n"
	if err := os.WriteFile(filepath.Join(w.dir, "pids"), []byte(list), 0o644); err != nil {
		t.Fatal(err)
	}
}

// saw returns what a process's namespace had when a container was deleted.
func (w witness) saw(t *testing.T, id string, pid int) []observe.Mount {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, id, strconv.Itoa(pid)))
	if err != nil {
		t.Fatal(err)
	}
	var table []observe.Mount
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 4 {
			table = append(table, observe.Mount{Device: fields[2], Root: fields[3], Point: fields[4]})
		}
	}
	return table
}

// witnessed starts dockerd with both runtimes under observation.
func witnessed(t *testing.T) (*host.Dockerd, witness) {
	t.Helper()
	h := host.New(t)
	configure(h, "")
	tellEvents(t)
	w := witness{h.Dir("witness")}
	return h.Dockerd(host.DockerInRun(),
		host.DockerRuntime("witnessed-"+unbusy, w.runtime(t, wrapper(t))),
		host.DockerRuntime("witnessed-"+stock, w.runtime(t, h.Debian("runc", "runc"))),
	), w
}

// TestBetween looks at the moment when the runtime has deleted a container and
// dockerd has not unmounted anything: what an agent from before holds then
// decides whether a plain unmount fails, and what is not let go then is not let
// go by dockerd. The host still has everything at that moment, and so has
// another container of the same image.
func TestBetween(t *testing.T) {
	d, w := witnessed(t)
	bystander := runVictim(t, d, "bystander", "witnessed-"+unbusy)
	victims := map[string]mounts{}
	for _, runtime := range []string{stock, unbusy} {
		victims[runtime] = runVictim(t, d, runtime, "witnessed-"+runtime)
	}
	agent := runAgent(t, d, "agent", stock)
	w.watch(t, agent, os.Getpid())
	for runtime, want := range map[string]string{stock: everything, unbusy: ""} {
		m, id := victims[runtime], inspect(d, runtime, "{{.Id}}")
		if held := m.heldBy(t, agent); held != everything {
			t.Fatalf("%s: the agent sees %q, there is nothing to show", runtime, held)
		}
		d.Docker("stop", "--time", "0", runtime)
		if held := m.heldIn(w.saw(t, id, agent)); held != want {
			t.Errorf("%s: after delete the agent held %q, want %q", runtime, held, want)
		}
		if held := m.heldIn(w.saw(t, id, os.Getpid())); held != everything {
			t.Errorf("%s: after delete the host had only %q", runtime, held)
		}
		if held := bystander.heldIn(w.saw(t, id, agent)); held != everything {
			t.Errorf("%s: of another container the agent held only %q", runtime, held)
		}
	}
	stillFine(t, d, "bystander")
}

// TestPrivateCopyBelowPeer has an agent that shares its mounts with the host and
// in which the copies of one container were made private. To unmount one there
// is to unmount the original: whether that travels is the parent's to say.
func TestPrivateCopyBelowPeer(t *testing.T) {
	d, w := witnessed(t)
	m := runVictim(t, d, "victim", "witnessed-"+unbusy)
	id := inspect(d, "victim", "{{.Id}}")
	d.Run("agent", "--runtime", stock, "--network", "host", "--hostname", "agent", "--volume", "/:/host:rshared")
	agent := pidOf(t, d, "agent")
	for _, mount := range m {
		inMountNamespace(t, agent, func() error {
			return unix.Mount("", "/host"+mount.Point, "", unix.MS_PRIVATE, "")
		})
	}
	w.watch(t, agent, os.Getpid())
	d.Docker("stop", "--time", "0", "victim")
	for _, pid := range []int{agent, os.Getpid()} {
		if held := m.heldIn(w.saw(t, id, pid)); held != everything {
			t.Errorf("after delete process %d had only %q", pid, held)
		}
	}
	d.Docker("rm", "victim")
	stillFine(t, d, "agent")
}
