package host

import (
	"fmt"
	"os"
	"path/filepath"
)

// T is how a Host tells that something went wrong: a test, or a program that
// plays one. Fatalf and Skipf do not return; functions given to Cleanup run in
// reverse order when the test ends.
type T interface {
	Helper()
	Failed() bool
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
	Cleanup(func())
}

// Host is one test's part of the box. What is started and made through it ends
// with the test. Methods that cannot do what they are for end the test, and its
// daemons' logs are shown.
type Host struct {
	t      T
	dir    string
	cgroup string
	config bool // unbusy's is in place
}

// New returns a fresh part of the box that the test binary's Main has entered.
func New(t T) *Host {
	t.Helper()
	NeedRoot(t)
	if box == nil {
		t.Fatalf("the program has not entered a box")
	}
	part := fmt.Sprintf("h%d", box.hosts.Add(1))
	h := &Host{t: t, dir: filepath.Join(box.dir, part), cgroup: box.name + "/" + part}
	if err := os.Mkdir(h.dir, 0o755); err != nil {
		t.Fatalf("make a host: %v", err)
	}
	t.Cleanup(func() {
		if err := cleanPart(h.dir, h.cgroup); err != nil {
			t.Errorf("clean up after the test: %v", err)
		}
	})
	if err := makeCgroup(h.cgroup); err != nil {
		t.Fatalf("make a host: %v", err)
	}
	return h
}

// NeedRoot skips the test for an ordinary user, or fails it where CI=true or
// UNBUSY_REQUIRE=1 says that nothing may be skipped.
func NeedRoot(t T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") == "true" || os.Getenv("UNBUSY_REQUIRE") == "1" {
		t.Fatalf("the test needs root and must not be skipped")
	}
	t.Skipf("the test needs root")
}

// Dir returns a directory of the host that ends with it, and makes it if need
// be.
func (h *Host) Dir(elem ...string) string {
	h.t.Helper()
	dir := filepath.Join(append([]string{h.dir}, elem...)...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		h.t.Fatalf("make a directory: %v", err)
	}
	return dir
}

// Cgroup is the path, in every hierarchy, below which all cgroups of the host's
// containers have to be.
func (h *Host) Cgroup(elem ...string) string {
	return filepath.Join(append([]string{"/", h.cgroup}, elem...)...)
}
