package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/unbusy/unbusy/integration/oldrule"
	"github.com/unbusy/unbusy/integration/toolbox"
)

// buildPatience is how long building one set of tools may take on a slow machine
// with empty caches.
const buildPatience = 20 * time.Minute

// Main runs the tests of a package inside a box:
//
//	func TestMain(m *testing.M) { os.Exit(host.Main(m, "containerd-2.4", "runc-1.5")) }
//
// The named tool sets are built first, because there may be no name resolution
// inside. Without root the tests run outside, where New skips or fails them.
func Main(m *testing.M, tools ...string) int { return run(m, Attend, tools) }

// MainAlone is [Main] for a package that is tested while no other one is: see
// [AttendAlone].
func MainAlone(m *testing.M, tools ...string) int { return run(m, AttendAlone, tools) }

func run(m *testing.M, attend func() error, tools []string) int {
	oldrule.Enter()
	err := Enter(func() error { return errors.Join(build(tools), attend()) })
	if errors.Is(err, ErrNotRoot) {
		return m.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return Leave(m.Run())
}

// build builds pinned tool sets if they are not there yet.
func build(tools []string) error {
	for _, set := range tools {
		ctx, cancel := context.WithTimeout(context.Background(), buildPatience)
		_, err := toolbox.Get(ctx, set)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}
