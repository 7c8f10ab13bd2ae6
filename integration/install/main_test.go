// Package install tests unbusy install and unbusy uninstall with engines that
// run containers in the meantime.
package install

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
)

func TestMain(m *testing.M) {
	var tools []string
	if built, err := host.CRIOBuilt(); err == nil && built {
		tools = host.CRIOTools
	}
	os.Exit(host.Main(m, tools...))
}

// newHost is a host on which things can be installed: /etc and /var/lib are its
// own.
func newHost(t *testing.T) *host.Host {
	t.Helper()
	h := host.New(t)
	h.UnbusyConfig("log = \"none\"\n" + host.Patient)
	layers := "lowerdir=/var/lib,upperdir=" + h.Dir("lib", "upper") + ",workdir=" + h.Dir("lib", "work")
	if err := unix.Mount("overlay", "/var/lib", "overlay", 0, layers); err != nil {
		t.Fatalf("keep /var/lib as it is: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount("/var/lib", unix.MNT_DETACH); err != nil {
			t.Errorf("unmount /var/lib: %v", err)
		}
	})
	return h
}

// unbusy runs the unbusy under test, which has to succeed.
func unbusy(t *testing.T, h *host.Host, args ...string) string {
	t.Helper()
	path := host.Program(t, "unbusy")
	out, err := h.Exec(nil, path, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func requireIn(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("there is no %q in\n%s", part, text)
		}
	}
}

// requireNothingLeft fails if anything of the installation is left beside the
// engine's file.
func requireNothingLeft(t *testing.T) {
	t.Helper()
	if _, err := os.Lstat("/var/lib/unbusy"); !os.IsNotExist(err) {
		t.Errorf("/var/lib/unbusy is there: %v", err)
	}
}
