package target

import (
	"os"
	"strings"
	"testing"
)

// TestProcessNetns has the network namespace of a process, by the kernel's link
// to it, which leads to no path.
func TestProcessNetns(t *testing.T) {
	name, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	const proc = "21 20 0:5 / /proc rw - proc proc rw\n"
	here, there := "31 20 0:4 "+name+" /run/netns/web rw - nsfs nsfs rw\n", "50 40 0:4 "+name+" /host/run/netns/web rw - nsfs nsfs rw\n"
	for _, test := range []struct{ name, own, other, want string }{
		{"bound to a name", proc + here, agentRoot + there, "netns  netns=/run/netns/web: a process is in it: /proc/"},
		{"held elsewhere", proc, agentRoot + there, "netns  netns=/host/run/netns/web(copies): a process is in it: /proc/"},
		{"bound nowhere", proc, agentRoot + strings.ReplaceAll(there, name, "net:[1]"), "netns : "},
		{"no file system of processes", here, agentRoot, "/proc/self/ns/net does not exist, and nothing is mounted there in any mount namespace"},
	} {
		h := newHost(t, rootLine+test.own, test.other)
		if got := describe(h.Resolve(t.Context(), "/proc/self/ns/net")); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: %s", test.name, got)
		}
	}
}
