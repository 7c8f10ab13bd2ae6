// unbusy says who holds containers' mounts, lets them go, and keeps containers
// from holding each other's.
package main

import (
	"context"
	"os"

	"github.com/unbusy/unbusy/internal/cli"
	"github.com/unbusy/unbusy/internal/sweep"
)

// version is set by the build.
var version = "unknown"

func main() {
	if sweep.IsChild(os.Args) {
		os.Exit(sweep.Child())
	}
	os.Exit(cli.Run(context.Background(), version, os.Args, os.Stdout, os.Stderr))
}
