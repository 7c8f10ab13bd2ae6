package package_test

import (
	"strings"
	"testing"
)

func TestRPM(t *testing.T) {
	rpm := pack(t).rpm
	debian := newRoot(t)
	// Where rpm is at home these are other packages', which are always there.
	debian.run("mkdir", "-p", "/usr/lib/sysctl.d", "/usr/share/licenses")
	before := debian.tree()
	if out, err := debian.rpm("--install", rpm); err != nil {
		t.Fatalf("rpm --install: %v: %s", err, out)
	}

	checkContents(t, added(before, debian.tree()), append(installed(t),
		"/usr/share/doc/unbusy/CHANGELOG.md",
		"/usr/share/licenses/unbusy/LICENSE",
		"/usr/share/zsh/site-functions/_unbusy",
	))
	if out, err := debian.rpm("--verify", "unbusy"); err != nil || out != "" {
		t.Errorf("rpm finds the files changed: %v: %s", err, out)
	}
	checkPrograms(t, debian)

	debian.write("/var/lib/unbusy/install/docker.json", "{}", 0o644)
	debian.write("/run/unbusy/events", "{}\n", 0o644)
	if out, err := debian.rpm("--erase", "unbusy"); err != nil || out != "" {
		t.Fatalf("rpm --erase: %v: %s", err, out)
	}
	if left := difference(before, debian.tree()); len(left) > 0 {
		t.Errorf("the package came and went, and the system is another:\n%s", strings.Join(left, "\n"))
	}
}
