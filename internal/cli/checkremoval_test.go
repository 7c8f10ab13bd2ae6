package cli

import (
	"strings"
	"testing"

	"github.com/unbusy/unbusy/internal/install/hosttest"
)

func TestCheckRemoval(t *testing.T) {
	check := func(tree *hosttest.Tree, args ...string) (int, string) {
		t.Helper()
		before := tree.All()
		status, stdout, stderr := run(t, append([]string{"uninstall", "--check-removal", "--prefix", tree.Dir()}, args...)...)
		if stdout != "" || strings.Count(stderr, "\n") > 1 {
			t.Errorf("it prints %q and %q", stdout, stderr)
		}
		tree.RequireSame(before)
		return status, stderr
	}
	tree := hosttest.New(t)
	if status, said := check(tree); status != 0 || said != "" {
		t.Errorf("of a host on which nothing is installed it says %d, %q", status, said)
	}
	if status, said := check(tree, "docker"); status != ExitError || !strings.Contains(said, "takes no argument") {
		t.Errorf("with an engine it says %d, %q", status, said)
	}
	if status, said := check(tree, "--dry-run"); status != ExitError || !strings.Contains(said, "--dry-run means nothing") {
		t.Errorf("with --dry-run it says %d, %q", status, said)
	}

	if status, _, stderr := run(t, "install", "docker", "--prefix", tree.Dir()); status != 0 {
		t.Fatal(stderr)
	}
	if status, said := check(tree); status != 1 || !strings.Contains(said, "the configuration of docker names unbusy") {
		t.Errorf("while it is installed it says %d, %q", status, said)
	}
	if status, _, stderr := run(t, "uninstall", "docker", "--prefix", tree.Dir()); status != 0 {
		t.Fatal(stderr)
	}
	tree.Write("/run/containerd/io.containerd.runtime.v2.task/moby/abc/runtime", "/usr/bin/unbusy-runtime")
	if status, said := check(tree); status != 1 || !strings.Contains(said, "moby/abc") {
		t.Errorf("with a container that runs under it, it says %d, %q", status, said)
	}

	broken := hosttest.New(t)
	broken.Write("/etc/docker/daemon.json", "{\n")
	if status, said := check(broken); status != ExitError || !strings.Contains(said, "daemon.json") {
		t.Errorf("of a host with a broken file it says %d, %q", status, said)
	}
}
