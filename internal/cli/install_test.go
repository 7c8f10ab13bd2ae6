package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/internal/install/hosttest"
)

func TestInstallBadInput(t *testing.T) {
	tree := hosttest.New(t)
	bare := t.TempDir()
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"install"}, "takes one argument, an engine: docker, containerd, crio, podman"},
		{[]string{"install", "docker", "podman"}, "takes one argument"},
		{[]string{"install", "rkt"}, `"rkt" is none of the engines`},
		{[]string{"uninstall", ""}, `"" is none of the engines`},
		{[]string{"install", "docker", "--prefix", ""}, "--prefix is empty"},
		{[]string{"install", "docker", "--prefix", "/nowhere\x1b"}, `open the host's root directory: open /nowhere\x1b`},
		{[]string{"install", "docker", "--prefix", tree.Dir(), "--config", "daemon.json"}, `--config "daemon.json" is not an absolute path`},
		{[]string{"install", "docker", "--prefix", tree.Dir(), "--config", ""}, `--config "" is not an absolute path`},
		{[]string{"install", "docker", "--prefix", tree.Dir(), "--config", "/etc"}, "not a regular file"},
		{[]string{"install", "docker", "--prefix", bare}, "there is no unbusy-runtime beside unbusy, and none in /usr/bin"},
		{[]string{"uninstall", "docker", "--set-as-default"}, "-set-as-default"},
	} {
		before := tree.All()
		status, stdout, stderr := run(t, test.args...)
		if status != ExitError || stdout != "" || !strings.Contains(stderr, test.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: status %d, %q, %q", test.args, status, stdout, stderr)
		}
		tree.RequireSame(before)
	}
}

func TestInstallAndUninstall(t *testing.T) {
	tree := hosttest.New(t)
	const file = "/etc/docker/daemon.json"
	tree.Write(file, "{\r\n\t\"debug\": true\r\n}\r\n")
	before := tree.All()
	succeed := func(args ...string) string {
		t.Helper()
		status, stdout, stderr := run(t, append(args, "--prefix", tree.Dir(), "docker")...)
		if status != 0 || stderr != "" {
			t.Errorf("%q: status %d, %q", args, status, stderr)
		}
		return stdout
	}
	// What is shown is what patch(1) takes.
	shown := succeed("install", "--dry-run")
	if !strings.Contains(shown, "--- "+file+"\n+++ "+file+"\n") || !strings.Contains(shown, "\n+\t\"runtimes\": {\r\n") {
		t.Errorf("%q", shown)
	}
	tree.RequireSame(before)
	if out := succeed("install"); !strings.HasPrefix(out, file+" was changed\n") || !strings.Contains(out, "systemctl reload docker") {
		t.Errorf("%q", out)
	}
	if out := succeed("install"); !strings.HasPrefix(out, "already installed") {
		t.Errorf("%q", out)
	}
	if out := succeed("uninstall"); !strings.HasPrefix(out, file+" was changed\n") {
		t.Errorf("%q", out)
	}
	tree.RequireSame(before)
	// Also where unbusy's own programs are gone.
	if err := os.Remove(tree.Path(hosttest.Runtime)); err != nil {
		t.Fatal(err)
	}
	if out := succeed("uninstall"); out != "not installed; nothing was changed\n" {
		t.Errorf("%q", out)
	}
}

// A file with control characters in it does not get at the terminal.
func TestInstallEscapes(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write("/etc/docker/daemon.json", "{\"label\": \"\u009b31m\"}")
	_, stdout, _ := run(t, "install", "docker", "--dry-run", "--prefix", tree.Dir())
	if strings.Contains(stdout, "\u009b") || !strings.Contains(stdout, `\u009b31m`) {
		t.Errorf("%q", stdout)
	}
}
