package shim

import (
	"strings"
	"testing"
)

func TestParseInvocation(t *testing.T) {
	for _, test := range []struct {
		line string
		want invocation
		ok   bool
	}{
		// containerd 1.6.20 and 2.4.2.
		{
			"-namespace k8s.io -address /run/c.sock -publish-binary /usr/bin/containerd -id a start",
			invocation{namespace: "k8s.io", id: "a", address: "/run/c.sock", action: "start"}, true,
		},
		{
			"-namespace moby -id a -address /run/c.sock -debug",
			invocation{namespace: "moby", id: "a", address: "/run/c.sock", debug: true}, true,
		},
		{
			"-namespace n -address a -publish-binary b -id c -bundle /b/c delete",
			invocation{namespace: "n", id: "c", address: "a", bundle: "/b/c", action: "delete"}, true,
		},
		{"-namespace n -id a -socket s -debug-socket d", invocation{namespace: "n", id: "a"}, true},
		{"-v", invocation{version: true}, true},
		{"--version start", invocation{version: true, action: "start"}, true},
		{"-info", invocation{}, false},
		{"-info -namespace n start", invocation{namespace: "n", action: "start"}, false},
		{"-id a start", invocation{id: "a", action: "start"}, false},
		{"", invocation{}, false},
		{"-unknown -namespace n start", invocation{}, false},
	} {
		inv, ok := parseInvocation(append([]string{"shim"}, strings.Fields(test.line)...))
		if inv != test.want || ok != test.ok {
			t.Errorf("%q: got %+v, %v", test.line, inv, ok)
		}
	}
	if _, ok := parseInvocation(nil); ok {
		t.Error("no arguments at all are accepted")
	}
}
