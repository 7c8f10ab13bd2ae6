package containerd

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/unbusy/unbusy/internal/install"
)

// TestStillNeeded looks into a host's tree: of two state directories the
// configuration names one.
func TestStillNeeded(t *testing.T) {
	prefix := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		path = filepath.Join(prefix, path)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	link := func(path, target string) {
		t.Helper()
		write(path+".d", "")
		if err := os.Symlink(target, filepath.Join(prefix, path)); err != nil {
			t.Fatal(err)
		}
	}
	const tasks = "/io.containerd.runtime.v2.task/"
	write("/etc/containerd/config.toml", "version = 2\nstate = '/srv/state'\n")
	write("/usr/bin/containerd-shim-runc-v2", "")
	link("/usr/local/bin/containerd-shim-runc-v2", "/usr/bin/"+shimName)
	link("/opt/containerd-shim-runc-v2", "/usr/bin/containerd-shim-runc-v2")
	write("/srv/state"+tasks+"k8s.io/sandbox/"+shimPathFile, "/usr/bin/"+shimName+"\n")
	write("/srv/state"+tasks+"k8s.io/app/address", "unix:///x")
	write("/srv/state"+tasks+"k8s.io/stock/"+shimPathFile, "/usr/bin/containerd-shim-runc-v2")
	write("/srv/state"+tasks+"k8s.io/other/"+shimPathFile, "/opt/containerd-shim-runc-v2")
	write("/run/containerd"+tasks+"default/linked/"+shimPathFile, "/usr/local/bin/containerd-shim-runc-v2")
	write("/run/containerd"+tasks+"default/relative/"+shimPathFile, shimName)

	write("/srv/state"+tasks+"moby/wrapped/"+runtimeFile, "/usr/bin/unbusy-runtime")
	write("/srv/state"+tasks+"moby/plain/"+runtimeFile, "/usr/bin/runc")

	host, err := install.OpenHost(prefix)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Close() }() // it is only read from
	got, err := StillNeeded(t.Context(), host)
	if want := []string{"default/linked", "k8s.io/sandbox", "moby/wrapped"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("needed it is by %q, %v, want %q", got, err, want)
	}
	if got := Named([]string{"a", "b", "c", "d", "e", "f", "g"}); got != "a, b, c, d, e and 2 more" {
		t.Errorf("they are called %q", got)
	}
	// What cannot be read might be anything.
	write("/run/containerd"+tasks+"default/odd/"+shimPathFile+"/x", "")
	if got, err := StillNeeded(t.Context(), host); err == nil {
		t.Errorf("needed it is by %q, and nothing was said of what could not be read", got)
	}
}
