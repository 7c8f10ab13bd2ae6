package package_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// installed are the files that both packages have.
func installed(t *testing.T) []string {
	t.Helper()
	files := slices.Clone(programs)
	docs, err := filepath.Glob(filepath.Join(repository, "docs/*.md"))
	if err != nil || len(docs) == 0 {
		t.Fatalf("there are no docs: %v", err)
	}
	for _, doc := range docs {
		files = append(files, "/usr/share/doc/unbusy/docs/"+filepath.Base(doc))
	}
	return append(files,
		"/usr/lib/sysctl.d/90-unbusy.conf",
		"/usr/share/bash-completion/completions/unbusy",
		"/usr/share/doc/unbusy/README.md",
		"/usr/share/doc/unbusy/examples/config.toml",
		"/usr/share/doc/unbusy/licenses.gz",
		"/usr/share/fish/vendor_completions.d/unbusy.fish",
		"/usr/share/man/man1/unbusy-doctor.1.gz",
		"/usr/share/man/man1/unbusy-install.1.gz",
		"/usr/share/man/man1/unbusy.1.gz",
		"/usr/share/man/man5/unbusy-config.5.gz",
		"/usr/share/man/man8/containerd-shim-unbusy-v2.8.gz",
		"/usr/share/man/man8/unbusy-hook.8.gz",
		"/usr/share/man/man8/unbusy-runtime.8.gz",
		"/usr/share/unbusy/hooks.d/podman/unbusy-precreate.json",
		"/usr/share/unbusy/hooks.d/unbusy-poststop.json",
		"/usr/share/unbusy/hooks.d/unbusy-prestart.json",
	)
}

// checkContents tells what a package has put into a Debian too much and too
// little.
func checkContents(t *testing.T, got, want []string) {
	t.Helper()
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("%s is not in the package", name)
		}
	}
	for _, name := range got {
		if !slices.Contains(want, name) {
			t.Errorf("%s is in the package, and is not meant to be", name)
		}
	}
}

func TestDeb(t *testing.T) {
	deb := pack(t).deb
	debian := newRoot(t)
	before := debian.tree()
	debian.copyTo("/tmp/unbusy.deb", deb)
	debian.run("dpkg", "--install", "/tmp/unbusy.deb")
	debian.run("rm", "/tmp/unbusy.deb")

	checkContents(t, added(before, debian.tree()), append(installed(t),
		"/usr/share/doc/unbusy/changelog.Debian.gz",
		"/usr/share/doc/unbusy/changelog.gz",
		"/usr/share/doc/unbusy/copyright",
		"/usr/share/lintian/overrides/unbusy",
		"/usr/share/zsh/vendor-completions/_unbusy",
	))
	if out := debian.run("dpkg", "--verify", "unbusy"); out != "" {
		t.Errorf("dpkg finds the files changed: %s", out)
	}
	checkPrograms(t, debian)

	debian.run("dpkg", "--remove", "unbusy")
	if out, err := debian.try("unbusy", "--version"); err == nil {
		t.Errorf("the package is removed, and unbusy runs: %s", out)
	}
	// What unbusy itself writes lasts until the package is purged.
	debian.write("/var/lib/unbusy/install/docker.json", "{}", 0o644)
	debian.write("/run/unbusy/events", "{}\n", 0o644)
	debian.run("dpkg", "--purge", "unbusy")
	if left := difference(before, debian.tree()); len(left) > 0 {
		t.Errorf("the package came and went, and the Debian is another:\n%s", strings.Join(left, "\n"))
	}
}

func TestPurgeLeavesAnotherUnbusyItsFiles(t *testing.T) {
	deb := pack(t).deb
	debian := newRoot(t)
	debian.copyTo("/tmp/unbusy.deb", deb)
	debian.run("dpkg", "--install", "/tmp/unbusy.deb")
	debian.run("dpkg", "--remove", "unbusy")
	debian.write("/usr/local/bin/unbusy", "#!/bin/sh\n", 0o755)
	debian.write("/var/lib/unbusy/install/docker.json", "{}", 0o644)
	debian.run("dpkg", "--purge", "unbusy")
	debian.run("ls", "/var/lib/unbusy/install/docker.json")
}
