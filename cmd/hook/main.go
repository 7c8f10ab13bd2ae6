// unbusy-hook is called by container engines and runtimes in the life of a
// container: it rewrites podman's specifications, records what a container has
// mounted, and lets go what other mount namespaces hold of it at its end.
package main

import (
	"os"

	"github.com/unbusy/unbusy/internal/hook"
	"github.com/unbusy/unbusy/internal/sweep"
)

// version is set by the build.
var version = "unknown"

func main() {
	if sweep.IsChild(os.Args) {
		os.Exit(sweep.Child())
	}
	os.Exit(hook.Main(version, os.Args, os.Stdin, os.Stdout, os.Stderr))
}
