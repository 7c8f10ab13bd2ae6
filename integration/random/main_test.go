// Package random has unbusy sweep on topologies of mounts that nobody thought of.
// They are made from a seed and built on the kernel, which also judges: what the
// container's mounts were is gone, or who holds it was told, and nothing else is
// other than before.
//
// A topology that fails is tried again by its seed:
//
//	UNBUSY_RANDOM_SEED=17 go test -count=1 -run '^TestRandom$' ./integration/random
//
// UNBUSY_RANDOM_TOPOLOGIES says how many are tried.
package random

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/internal/sweep"
)

func init() {
	if os.Getenv(workerVariable) != "" || sweep.IsChild(os.Args) {
		// The first thread must be no agent's: it cannot end alone.
		runtime.LockOSThread()
	}
}

func TestMain(m *testing.M) {
	if sweep.IsChild(os.Args) {
		os.Exit(sweep.Child())
	}
	if os.Getenv(workerVariable) != "" {
		if err := work(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(host.Main(m))
}
