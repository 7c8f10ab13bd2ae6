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

// TestUses has processes in a copy that is in no mount table any more: one has it
// for its working directory, one a file of it open, one is executed from it.
func TestUses(t *testing.T) {
	tr := newTree(t)
	merged, _ := tr.container(id, layer)
	text, err := os.ReadFile("/bin/sleep")
	if err == nil {
		err = os.WriteFile(filepath.Join(merged, "program"), text, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	agent := tr.agent(fmt.Sprintf(`cd %s
exec 5>file
./program 1000 2>/dev/null &
cd /
(cd %s; exec sleep 1000) 5>&- 2>/dev/null &
while ! grep -q sleep /proc/$!/cmdline; do :; done`, merged, merged))
	tr.unmount(merged)

	// The namespace explains them all.
	r := ask(t, 1, "who", merged)
	if len(r.Users) != 0 || len(r.Holders) != 1 {
		t.Errorf("%+v", r)
	}
	// Detached, it does not any more, and something is left.
	r = ask(t, 1, "sweep", merged)
	if got := r.kinds(); !slices.Equal(got, []string{"private detached"}) {
		t.Errorf("sweep: %q", got)
	}
	things := []string{}
	for _, u := range r.Users {
		for _, use := range u.Uses {
			things = append(things, use.What)
		}
	}
	slices.Sort(things)
	for _, want := range []string{"cwd", "exe", "fd 5"} {
		if !slices.Contains(things, want) {
			t.Errorf("%s is not among %q", want, things)
		}
	}
	if !slices.ContainsFunc(r.Users, func(u user) bool { return u.PID == agent.Pid() }) {
		t.Errorf("the agent is not among %+v", r.Users)
	}
}

// TestShell has somebody in the engine's own mount, whom no namespace explains.
func TestShell(t *testing.T) {
	tr := newTree(t)
	merged, _ := tr.container(id, layer)
	shell := tr.h.Start("sh", "-c", "cd "+merged+"; echo it is there; read end")
	got := unbusy(t, "who", merged)
	if fields := strings.Fields(got.stdout); got.status != 1 || !slices.Contains(fields, "cwd") || !slices.Contains(fields, strconv.Itoa(shell.Pid())) {
		t.Errorf("%+v", got)
	}
	r := ask(t, 1, "who", merged)
	if len(r.kinds()) != 0 || len(r.Users) != 1 || r.Users[0].PID != shell.Pid() || r.Users[0].Uses[0].What != "cwd" ||
		r.Users[0].Uses[0].Path != merged {
		t.Errorf("%+v", r)
	}
}

// TestUsesOfNoMount has a process that has a file open and unmounted its copy.
// Nobody holds a mount, so that everybody is asked; once somebody does, only those
// who see one are, until it is gone.
func TestUsesOfNoMount(t *testing.T) {
	tr := newTree(t)
	merged, _ := tr.container(id, layer)
	agent := tr.agent(fmt.Sprintf("exec 5>%s/file; umount -l %s", merged, merged))
	has := func(users []user) bool {
		return slices.ContainsFunc(users, func(u user) bool {
			return u.PID == agent.Pid() && len(u.Uses) == 1 && u.Uses[0].What == "fd 5"
		})
	}
	if r := ask(t, 1, "who", merged); len(r.kinds()) != 0 || !has(r.Users) {
		t.Errorf("nobody has a mount: %+v", r)
	}
	tr.agent("")
	if r := ask(t, 1, "who", merged); len(r.kinds()) != 1 || len(r.Users) != 0 {
		t.Errorf("an agent has one: %+v", r)
	}
	tr.unmount(merged)
	if r := ask(t, 1, "sweep", merged); !slices.Equal(r.kinds(), []string{"private detached"}) || !has(r.Users) {
		t.Errorf("sweep: %+v", r)
	}
}
