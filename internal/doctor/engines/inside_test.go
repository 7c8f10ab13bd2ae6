package engines

import (
	"slices"
	"testing"

	"github.com/unbusy/unbusy/pkg/mount"
)

func TestMountedInside(t *testing.T) {
	table := []mount.Mount{
		{OldID: 1, OldParent: 1, Root: "/", Path: "/"},
		{OldID: 2, OldParent: 1, Root: "/disk", Path: "/var/lib/docker"},
		// Where Docker has them.
		{OldID: 3, OldParent: 2, Root: "/", Path: "/var/lib/docker/overlay2/layer/merged"},
		{OldID: 4, OldParent: 2, Root: "/", Path: "/var/lib/docker/overlay2/layer-init/merged"},
		{OldID: 5, OldParent: 2, Root: "/", Path: "/var/lib/docker/overlay2/layers/merged"},
		// A bind of a directory of the container, and what is mounted in that.
		{OldID: 6, OldParent: 1, Root: "/disk/containers/id", Path: "/backup"},
		{OldID: 7, OldParent: 6, Root: "/", Path: "/backup/mounts"},
		{OldID: 8, OldParent: 1, Root: "/", Path: "/backup2/mounts"},
		// In the container's own file system.
		{OldID: 9, OldParent: 3, Root: "/", Path: "/var/lib/docker/overlay2/layer/merged/proc"},
		{OldID: 10, OldParent: 77, Root: "/", Path: "/id/lost"},
		{OldID: 11, OldParent: 6, Root: "/", Path: ""},
	}
	in, elsewhere := mountedInside(table, []string{"id", "layer"}, "/var/lib/docker")
	if !slices.Equal(in, []string{"/var/lib/docker/overlay2/layer/merged", "/var/lib/docker/overlay2/layer-init/merged"}) {
		t.Errorf("where Docker looks: %q", in)
	}
	if !slices.Equal(elsewhere, []string{"/backup/mounts"}) {
		t.Errorf("elsewhere: %q", elsewhere)
	}
}
