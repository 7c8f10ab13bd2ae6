package target

import (
	"fmt"
	"testing"

	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

// BenchmarkSpots compares the paths of a host with as many namespaces and mounts
// as there are on a full node with its mount areas.
func BenchmarkSpots(b *testing.B) {
	var areas []spec.Area
	for i := range 60 {
		areas = append(areas, spec.Area{Root: fmt.Sprintf("/var/lib/engine%d", i%6), Owner: fmt.Sprintf("directory%d/*", i)})
	}
	areas = append(areas, spec.Area{Root: "/run/netns", Owner: "*"})
	var mounts []mount.Mount
	for i := range 200 {
		mounts = append(mounts, mount.Mount{Path: fmt.Sprintf("/host/var/lib/engine3/directory%d/0123456789abcdef%d/merged", i%70, i)})
	}
	all := newAreas(areas)
	for b.Loop() {
		for i := range mounts {
			all.spotsOf(mounts[i].Path)
		}
	}
}
