// Package podman tests unbusy-runtime under Debian's podman, as root calls it and
// as an ordinary user does.
package podman

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run is host.Main in a box in which Debian's crun starts containers.
func run(m *testing.M) int {
	err := host.Enter(host.Attend)
	if errors.Is(err, host.ErrNotRoot) {
		return m.Run()
	}
	if err == nil {
		err = host.WithoutUnified()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return host.Leave(m.Run())
}
