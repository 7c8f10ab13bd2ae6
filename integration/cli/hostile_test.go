package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestHostileNames has a path and a process with control characters in their
// names: every line is one line, and no terminal is told anything.
func TestHostileNames(t *testing.T) {
	tr := newTree(t)
	name := "evil\n\x1b[31m\tname"
	merged, _ := tr.container(id, name)
	program := filepath.Join(tr.mkdir("bin"), "a\x1b]0;title\a\nprogram")
	text, err := os.ReadFile("/bin/sh")
	if err == nil {
		err = os.WriteFile(program, text, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	agent := tr.h.Start("unshare", "--mount", "--propagation", "private", program, "-c", "echo it is there; read end")
	tr.unmount(merged)

	for _, args := range [][]string{{"who", merged}, {"who", name}, {"sweep", "--dry-run", name}} {
		got := unbusy(t, args...)
		if strings.ContainsAny(got.stdout, "\x1b\a\t") {
			t.Errorf("%q: control characters in %q", args, got.stdout)
		}
		lines := strings.Split(strings.TrimSuffix(got.stdout, "\n"), "\n")
		if len(lines) != 2 || !strings.Contains(lines[1], `evil\n\x1b[31m\tname/merged  private  `+strconv.Itoa(agent.Pid())) ||
			!strings.Contains(lines[1], `a\x1b]0;title\a\nprogram -c`) {
			t.Errorf("%q: %+v", args, got)
		}
	}
	r := ask(t, 0, "sweep", name)
	if got := r.kinds(); !slices.Equal(got, []string{"private detached"}) || r.Mounts[0].Path != merged {
		t.Errorf("sweep: %+v", r)
	}
}

// TestLookAlike has a mount of somebody's own whose path ends as that of a
// container's: another file system is not the container's, and both are told
// apart.
func TestLookAlike(t *testing.T) {
	tr := newTree(t)
	merged, _ := tr.container(id, layer)
	place := filepath.Join(tr.mkdir("elsewhere"), "overlay2", layer, "merged")
	agent := tr.agent(fmt.Sprintf("mkdir -p %[1]s; mount -t tmpfs bystander %[1]s", place))
	tr.unmount(merged)
	if got := ask(t, 0, "sweep", merged).kinds(); !slices.Equal(got, []string{"private detached"}) {
		t.Errorf("sweep: %q", got)
	}
	tr.requireSeen(agent, []string{merged, place}, place)
}
