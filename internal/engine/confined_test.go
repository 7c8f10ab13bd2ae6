package engine

import (
	"syscall"
	"testing"
)

// TestConfined has an engine in a user namespace of its own, to which the links of
// the host's processes are closed, engines' among them.
func TestConfined(t *testing.T) {
	requireRoot(t)
	start(t, copyNamed(t, "dockerd"), "wait", alone())
	for _, test := range []struct {
		program, want string
		// size is one that no other test has: user namespaces are told by their maps.
		size int
	}{
		{"podman", "true true <nil>", 7},
		// The host's engine is none here, nor is another user's.
		{"other", "false false <nil>", 8},
	} {
		ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: test.size}}
		a := start(t, copyNamed(t, test.program), "confined", &syscall.SysProcAttr{
			Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS, UidMappings: ids, GidMappings: ids,
		})
		if a.said != test.want {
			t.Errorf("%s: %q, want %q", test.program, a.said, test.want)
		}
	}
}
