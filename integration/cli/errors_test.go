package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestErrors has command lines that cannot be carried out: one line on standard
// error, nothing on standard output, and nothing is touched.
func TestErrors(t *testing.T) {
	tr := newTree(t)
	merged, shm := tr.container(id, layer)
	another := layer[:8] + newID()[8:]
	candidates := []string{another, layer}
	slices.Sort(candidates)
	tr.container(another, another)
	agent := tr.agent("")
	tr.unmount(merged, shm, filepath.Join(tr.root, "overlay2", another, "merged"), filepath.Join(tr.root, "containers", another, "mounts/shm"))
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"who"}, "who needs a target"},
		{[]string{"who", ""}, "a target is empty"},
		{[]string{"who", merged, shm}, "takes one target"},
		{[]string{"who", "nobody"}, "neither a container nor a network namespace"},
		{[]string{"who", "/nowhere/at\n\x1b[31mall"}, `/nowhere/at\n\x1b[31mall does not exist`},
		{[]string{"who", layer[:2]}, "neither a container"},
		{[]string{"who", layer[:8]}, "can be any of " + strings.Join(candidates, ", ")},
		{[]string{"who", merged, "--timeout", "0s"}, "leaves no time"},
		{[]string{"who", merged, "--timeout", "1ns"}, "gave up after 1ns"},
		{[]string{"who", "--leaf", merged}, "-leaf"},
		{[]string{"sweep"}, "sweep needs a target"},
		{[]string{"sweep", merged, "--all"}, "either targets or --all"},
		{[]string{"sweep", "--all", "--leaf"}, "--leaf and --host are for targets"},
		{[]string{"sweep", merged, "--forse"}, "-forse"},
		// The first one could be swept.
		{[]string{"sweep", merged, "nobody"}, "neither a container nor a network namespace"},
		{[]string{"sweep", merged, layer[:8]}, "can be any of"},
		{[]string{"sweep", merged, "--timeout", "1ns"}, "gave up after 1ns"},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			got := unbusy(t, test.args...)
			if got.status != 2 || got.stdout != "" {
				t.Errorf("status %d, output %q", got.status, got.stdout)
			}
			if strings.Count(got.stderr, "\n") != 1 || !strings.HasPrefix(got.stderr, "unbusy: ") || !strings.Contains(got.stderr, test.want) {
				t.Errorf("error %q, want one line that says %q", got.stderr, test.want)
			}
		})
	}
	tr.requireSeen(agent, []string{merged, shm}, merged, shm)
}

// TestNotRoot has an ordinary user.
func TestNotRoot(t *testing.T) {
	tr := newTree(t)
	binary := filepath.Join(tr.mkdir("bin"), "unbusy")
	text, err := os.ReadFile(filepath.Join(os.Getenv("UNBUSY_BIN"), "unbusy"))
	if err == nil {
		err = os.WriteFile(binary, text, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"who", "/"}, {"sweep", "/"}, {"sweep", "--all"}} {
		command := exec.Command("setpriv", append([]string{"--reuid", "65534", "--clear-groups", binary}, args...)...)
		output, err := command.CombinedOutput()
		if command.ProcessState.ExitCode() != 2 || string(output) != "unbusy: looking into other mount namespaces needs root\n" {
			t.Errorf("%q: %v: %q", args, err, output)
		}
	}
}
