package incidents

import (
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// Hosts do little but wait for engines that try again and again, so several are
// there at the same time.
var (
	// machines have all namespaces of their own.
	machines = make(chan struct{}, 5)
	// nodes share the mount namespace of the box, and an agent on one would have
	// what is mounted on the other.
	nodes = make(chan struct{}, 1)
)

// occupy waits for a free place, and keeps it until all that was there is cleaned up.
func occupy(t *testing.T, places chan struct{}) {
	t.Helper()
	places <- struct{}{}
	t.Cleanup(func() { <-places })
}

// newMachine is a host with systemd.
func newMachine(t *testing.T) *host.Machine {
	t.Helper()
	occupy(t, machines)
	return host.New(t).Machine()
}
