// How much of the processors the cgroup allows may change, which matters to nobody who
// ends within milliseconds. To be ready to look again takes Go's runtime 20 µs of each
// call; that it looks once cannot be helped.
//
//go:debug updatemaxprocs=0

// unbusy-runtime stands in front of an OCI runtime: it rewrites the binds of a
// container that would hold other containers' mounts, and then becomes runc,
// crun or whatever it was put in front of.
package main

import (
	"os"

	"github.com/unbusy/unbusy/internal/sweep"
	"github.com/unbusy/unbusy/internal/wrapper"
)

func main() {
	if sweep.IsChild(os.Args) {
		os.Exit(sweep.Child())
	}
	os.Exit(wrapper.Main(os.Args, sweeper()))
}
