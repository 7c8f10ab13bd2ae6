package package_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// checkPrograms runs what a package has brought, where it has brought it to.
func checkPrograms(t *testing.T, debian root) {
	t.Helper()
	for name, what := range debian.tree() {
		for _, program := range programs {
			if name == program && !strings.HasPrefix(what, "-rwxr-xr-x 0:0 ") {
				t.Errorf("%s is %s", name, what)
			}
		}
	}

	// The versions are those of the programs that were packed.
	built, err := exec.CommandContext(t.Context(), filepath.Join(binaries(t), "unbusy"), "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	version := strings.TrimPrefix(strings.TrimSpace(string(built)), "unbusy version ")
	for _, command := range [][]string{
		{"unbusy", "--version"},
		{"containerd-shim-unbusy-v2", "-v"},
		{"/usr/libexec/unbusy/unbusy-hook", "--version"},
	} {
		if out := debian.run(command[0], command[1:]...); !strings.Contains(out, version) {
			t.Errorf("%q of version %s says %q", command, version, out)
		}
	}

	// A Debian without an engine has no runtime for the wrapper to become.
	debian.write("/usr/local/bin/runc", "#!/bin/sh\necho \"I am runc: $*\"\n", 0o755)
	if out := debian.run("unbusy-runtime", "--version"); out != "I am runc: --version\n" {
		t.Errorf("unbusy-runtime --version: %q", out)
	}
	debian.run("rm", "/usr/local/bin/runc")

	// Nothing is found, and nothing is wrong with that, under the example of a
	// configuration in which every line counts.
	example := debian.run("cat", "/usr/share/doc/unbusy/examples/config.toml")
	debian.write("/etc/unbusy/config.toml", regexp.MustCompile(`(?m)^# (\w+ =|\[\[)`).ReplaceAllString(example, "$1"), 0o644)
	out := debian.run("unbusy", "roots")
	if !strings.Contains(out, "/home/docker_rt") || strings.Contains(out, "warning") {
		t.Errorf("unbusy roots under the example: %s", out)
	}
	debian.run("rm", "-r", "/etc/unbusy")

	if out := debian.run("bash", "-n", "/usr/share/bash-completion/completions/unbusy"); out != "" {
		t.Errorf("bash finds in the completion: %s", out)
	}
	for file, words := range map[string][]string{
		"/usr/share/man/man1/unbusy.1.gz":         {".SH unbusy roots", ".SH unbusy sweep", "--dry-run"},
		"/usr/share/man/man5/unbusy-config.5.gz":  {"sweep_budget"},
		"/usr/share/man/man8/unbusy-runtime.8.gz": {"unbusy-runtime"},
		"/usr/share/doc/unbusy/licenses.gz":       {"Go go1.", "github.com/sirupsen/logrus", "MIT License"},
		"/usr/share/man/man8/unbusy-hook.8.gz":    {"poststop"},
		"/usr/share/man/man1/unbusy-doctor.1.gz":  {"--json"},
		"/usr/share/man/man1/unbusy-install.1.gz": {"daemon.json"},
	} {
		text := debian.run("zcat", file)
		for _, word := range words {
			if !strings.Contains(strings.ReplaceAll(text, `\-`, "-"), word) {
				t.Errorf("%s says nothing of %q", file, word)
			}
		}
	}
}
