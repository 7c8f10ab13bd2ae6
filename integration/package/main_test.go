// Package package_test makes the packages, puts them into a clean Debian, runs
// what is in them there, and takes them out again.
package package_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/toolbox"
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run is what [host.Main] does, with a Debian made besides the tools.
func run(m *testing.M) int {
	err := host.Enter(func() error {
		for _, set := range []string{"nfpm", "go-md2man"} {
			if _, err := toolbox.Get(context.Background(), set); err != nil {
				return err
			}
		}
		return errors.Join(makeDebian(), host.AttendAlone())
	})
	if errors.Is(err, host.ErrNotRoot) {
		return m.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := os.RemoveAll(made.dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return host.Leave(code)
}
