package incidents

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// kubeletRoot is where the kubelet would have its directory.
const kubeletRoot = "/run/kubelet"

// node is a host without systemd, on which engines are started by hand.
type node struct {
	t *testing.T
	h *host.Host
	w way
}

func newNode(t *testing.T, w way) *node {
	t.Helper()
	occupy(t, nodes)
	n := &node{t, host.New(t), w}
	n.h.UnbusyConfig(w.settings() + "\nlog = \"none\"\n[[roots]]\nengine = \"kubelet\"\npath = \"" + kubeletRoot + "\"\n")
	return n
}

// containerd starts containerd, with unbusy's shim if it is there.
func (n *node) containerd(options ...host.ContainerdOption) *host.Containerd {
	n.t.Helper()
	if n.w.unbusy {
		options = append(options, host.Runtime("unbusy", "", host.Shim(host.Program(n.t, "containerd-shim-unbusy-v2"))))
	}
	return n.h.Containerd(options...)
}

// handler is what containers run under.
func (n *node) handler() string {
	if n.w.unbusy {
		return "unbusy"
	}
	return "runc"
}

// agentHandler is handler for a container that would be rewritten for.
func (n *node) agentHandler() string {
	if n.w.lacks(rewrite) {
		return "runc"
	}
	return n.handler()
}

// unbusy types a command. Of one that has an exit status other than zero there is
// an error.
func (n *node) unbusy(args ...string) (string, error) {
	n.t.Helper()
	out, err := exec.CommandContext(n.t.Context(), host.Program(n.t, "unbusy"), args...).CombinedOutput()
	return string(out), err
}

// requireHolder fails unless unbusy who says with all the words who holds a target.
func (n *node) requireHolder(target string, words ...string) {
	n.t.Helper()
	out, err := n.unbusy("who", target)
	requireHeld(n.t, "who", out, err, words)
}

// requireLeft fails unless unbusy sweep says with all the words what it leaves of a
// target.
func (n *node) requireLeft(target string, words ...string) {
	n.t.Helper()
	out, err := n.unbusy("sweep", target)
	requireHeld(n.t, "sweep", out, err, words)
}

// repair is what somebody does on whose host it has happened already: who says who
// the holders are, and sweep lets it go.
func (n *node) repair(target string, holder ...string) {
	n.t.Helper()
	n.requireHolder(target, holder...)
	out, err := n.unbusy("sweep", target)
	if err != nil && err.Error() != "exit status 1" {
		n.t.Errorf("unbusy sweep: %v: %s", err, out)
	}
	// The number of a superblock that is gone is given to the next one, which can be
	// one of somebody else's on the machine: only what held the target counts.
	for line := range strings.Lines(out) {
		ours := slices.ContainsFunc(holder, func(word string) bool { return strings.Contains(word, "/") && strings.Contains(line, word) })
		if ours && !strings.Contains(line, "detached") {
			n.t.Errorf("unbusy sweep leaves the holder what it has: %s", out)
		}
	}
}

// keeps notes what a process and the node itself have mounted: see the function of
// that name.
func (n *node) keeps(pid int, names ...string) (still func()) {
	n.t.Helper()
	return keeps(n.t, names, pid, 0)
}
