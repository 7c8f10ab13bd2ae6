package target

import (
	"slices"
	"testing"

	"github.com/unbusy/unbusy/pkg/cleanup"
)

func TestPaths(t *testing.T) {
	h := newHost(t, rootLine+
		"21 20 254:0 /var/lib/docker /alias rw - ext4 /dev/vda1 rw\n"+ // a bind of the data root
		"22 20 0:9 / /cover rw - tmpfs none rw\n"+
		"23 20 254:0 /var /cover/var rw - ext4 /dev/vda1 rw\n"+ // below what covers it
		overlay)
	tree := h.Namespaces[0].mountTree()
	place := func(path string) cleanup.Place { return cleanup.Place{Device: Device{Major: 254}, Path: path} }
	for path, want := range map[string][]string{
		"/var/lib/docker/overlay2/x": {"/var/lib/docker/overlay2/x", "/alias/overlay2/x"},
		"/etc":                       {"/etc"},
		"/cover/x":                   nil,
		"/var/lib/docker/overlay2/" + layer + "/merged":    {"/var/lib/docker/overlay2/" + layer + "/merged", "/alias/overlay2/" + layer + "/merged"},
		"/var/lib/docker/overlay2/" + layer + "/merged/in": {"/alias/overlay2/" + layer + "/merged/in"},
	} {
		if got := tree.paths(place(path)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	m := &h.Namespaces[0].Mounts[4]
	if got, ok := tree.place(m); !ok || got != place("/var/lib/docker/overlay2/"+layer+"/merged") {
		t.Errorf("%+v, %v", got, ok)
	}
	if on := tree.At(m.Path + "/bin/sh"); on != m {
		t.Errorf("%+v", on)
	}
}
