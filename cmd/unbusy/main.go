// unbusy says who holds a container's mounts, and keeps it from happening.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/unbusy/unbusy/internal/cli"
)

// version is set by the build.
var version = "unknown"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := cli.Run(ctx, version, os.Args, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}
