// unbusy says which containers would hold other containers' mounts, and keeps
// them from it.
package main

import (
	"context"
	"os"

	"github.com/unbusy/unbusy/internal/cli"
)

// version is set by the build.
var version = "unknown"

func main() { os.Exit(cli.Run(context.Background(), version, os.Args, os.Stdout, os.Stderr)) }
