// Package hook tests unbusy-hook as the one part of unbusy that there is: under
// Debian's podman, with the plain runtimes.
package hook

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

func TestMain(m *testing.M) {
	err := host.Enter(host.Attend)
	if errors.Is(err, host.ErrNotRoot) {
		os.Exit(m.Run())
	}
	if err == nil {
		err = host.WithoutUnified()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(host.Leave(1))
	}
	os.Exit(host.Leave(m.Run()))
}
