// containerd-shim-unbusy-v2 is containerd's shim for runc, which in addition
// keeps containers from holding each other's mounts, and lets those go that are
// held when a container ends.
package main

import (
	"os"

	"github.com/unbusy/unbusy/internal/shim"
	"github.com/unbusy/unbusy/internal/sweep"
)

// version is set by the build.
var version = "unknown"

func main() {
	if sweep.IsChild(os.Args) {
		os.Exit(sweep.Child())
	}
	os.Exit(shim.Main(version, os.Args))
}
