package target

import (
	"slices"
	"testing"

	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// TestWay has a data root that is mounted on itself, and everything once more
// below /mnt.
func TestWay(t *testing.T) {
	disk := Device{Major: 8, Minor: 1}
	ns := &Namespace{Mounts: []mount.Mount{
		{OldID: 1, Device: disk, Root: "/", Path: "/"},
		{OldID: 2, OldParent: 1, Device: disk, Root: "/var/lib/docker", Path: "/var/lib/docker"},
		{OldID: 3, OldParent: 1, Device: disk, Root: "/", Path: "/mnt"},
		{OldID: 4, OldParent: 2, Device: Device{Minor: 40}, Root: "/", Path: "/var/lib/docker/overlay2/x/merged"},
	}}
	if m, ok := ns.At("/var/lib/docker/overlay2"); !ok || m.OldID != 2 {
		t.Errorf("the directory is on %+v", m)
	}
	if m, ok := ns.Parent(ns.Mounts[3]); !ok || m.OldID != 2 {
		t.Errorf("the container is mounted on %+v", m)
	}
	if m, ok := ns.Parent(ns.Mounts[0]); ok {
		t.Errorf("the root is mounted on %+v", m)
	}
	if p, ok := ns.Place(ns.Mounts[1]); !ok || p != (cleanup.Place{Device: disk, Path: "/var/lib/docker"}) {
		t.Errorf("the data root is mounted on %+v", p)
	}
	if got, want := ns.PathsTo("/var/lib/docker/overlay2"), []string{"/mnt/var/lib/docker/overlay2", "/var/lib/docker/overlay2"}; !slices.Equal(got, want) {
		t.Errorf("paths are %q, want %q", got, want)
	}
	empty := &Namespace{}
	if _, ok := empty.At("/"); ok || empty.PathsTo("/") != nil {
		t.Error("an empty table has a root")
	}
}

func TestLingeringNamespaces(t *testing.T) {
	a, b := mount.NamespaceID{Inode: 1}, mount.NamespaceID{Inode: 2}
	l := Lingering{copies: []copyID{{namespace: a, old: 1}, {namespace: b, old: 2}, {namespace: a, old: 3}}}
	if got := l.Namespaces(); !slices.Equal(got, []mount.NamespaceID{a, b}) {
		t.Errorf("got %v", got)
	}
}
