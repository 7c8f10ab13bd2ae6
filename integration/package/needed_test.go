package package_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// needs are files because of which the programs must not be removed, each with a
// word of the reason that is to be given.
var needs = map[string]struct {
	files map[string]string
	word  string
}{
	"docker": {map[string]string{
		"/etc/docker/daemon.json": `{"runtimes": {"unbusy": {"path": "/usr/bin/unbusy-runtime"}}}`,
	}, "docker"},
	"podman": {map[string]string{
		"/etc/containers/containers.conf.d/50-unbusy.conf": "[engine.runtimes]\nunbusy = [\"/usr/bin/unbusy-runtime\"]\n",
	}, "podman"},
	"a container under the shim": {map[string]string{
		"/etc/containerd/config.toml": "version = 2\n",
		"/run/containerd/io.containerd.runtime.v2.task/default/web/shim-binary-path": "/usr/bin/containerd-shim-unbusy-v2",
	}, "default/web"},
}

func (r root) need(need string) {
	r.t.Helper()
	for name, text := range needs[need].files {
		r.write(name, text, 0o644)
	}
}

func TestDebStaysWhileItIsNeeded(t *testing.T) {
	deb := pack(t).deb
	for _, need := range slices.Sorted(maps.Keys(needs)) {
		t.Run(need, func(t *testing.T) {
			debian := newRoot(t)
			debian.copyTo("/tmp/unbusy.deb", deb)
			debian.run("dpkg", "--install", "/tmp/unbusy.deb")
			debian.need(need)

			// dpkg would go on if the old package's script failed, and say that it had.
			if out := debian.run("dpkg", "--install", "/tmp/unbusy.deb"); strings.Contains(out, "unbusy: ") {
				t.Errorf("an upgrade is refused: %s", out)
			}
			out, err := debian.try("dpkg", "--remove", "unbusy")
			if err == nil {
				t.Fatalf("the package could be removed: %s", out)
			}
			checkRefusal(t, out, needs[need].word)
			debian.run("unbusy", "--version")
			if state := debian.run("dpkg-query", "--show", "--showformat=${Status}", "unbusy"); !strings.HasSuffix(state, " ok installed") {
				t.Errorf("after the refusal the package is %s", state)
			}
		})
	}
}

func TestRPMStaysWhileItIsNeeded(t *testing.T) {
	rpm, dir := pack(t).rpm, t.TempDir()
	build(t, dir, "VERSION=99.0", "PACKAGERS=rpm")
	debian := newRoot(t)
	if out, err := debian.rpm("--install", rpm); err != nil {
		t.Fatalf("rpm --install: %v: %s", err, out)
	}
	debian.need("docker")

	if out, err := debian.rpm("--upgrade", only(t, dir, "*.rpm")); err != nil || out != "" {
		t.Fatalf("rpm --upgrade: %v: %s", err, out)
	}
	out, err := debian.rpm("--erase", "unbusy")
	if err == nil {
		t.Fatalf("the package could be erased: %s", out)
	}
	checkRefusal(t, out, needs["docker"].word)
	debian.run("unbusy", "--version")
}

// checkRefusal looks for the one line that says why the package stays.
func checkRefusal(t *testing.T, out, word string) {
	t.Helper()
	var reasons []string
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "unbusy: ") {
			reasons = append(reasons, line)
		}
	}
	if len(reasons) != 1 || !strings.Contains(reasons[0], word) {
		t.Errorf("the reason why the package stays is %q, and should be about %s", reasons, word)
	}
}
