package target

import (
	"slices"
	"testing"
)

func TestSpots(t *testing.T) {
	for _, test := range []struct {
		path string
		want []string // tail and owner of each
	}{
		{"/var/lib/docker/overlay2/L/merged", []string{"overlay2/L/merged", "L"}},
		{"/var/lib/docker/overlay2/L", []string{"overlay2/L", "L"}},
		{"/var/lib/docker/overlay2", nil},
		{"/var/lib/docker-old/volumes/x", nil},
		{"/run/netns/web", []string{"web", "web"}},
		// In another namespace the directory can be anywhere.
		{"/host/var/lib/docker/overlay2/L/merged", []string{"overlay2/L/merged", "L"}},
		{"/rootfs/overlay2/L/merged", []string{"rootfs/overlay2/L/merged", "L", "overlay2/L/merged", "L"}},
		{"/host/run/netns/web", []string{"web", "web", "netns/web", "web"}},
		{"/host/run/docker/netns/web", []string{"netns/web", "web", "web", "web"}},
		// A wildcard alone says nothing.
		{"/host/web", nil},
		{"/host/myoverlay2/L", nil},
		{"/x/overlay2/A/overlay2/B/merged", []string{"overlay2/A/overlay2/B/merged", "A", "overlay2/B/merged", "B"}},
		{"/x/io.containerd.runtime.v2.task/moby/ID/rootfs", []string{"io.containerd.runtime.v2.task/moby/ID/rootfs", "ID"}},
		{"/", nil},
	} {
		var got []string
		for _, s := range newAreas(testAreas).spotsOf(test.path) {
			got = append(got, s.tail, s.owner())
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.path, got, test.want)
		}
	}
}

func TestSpotPath(t *testing.T) {
	for path, want := range map[string]string{
		"/host/var/lib/docker/overlay2/L/merged": "/var/lib/docker/overlay2/L/merged",
		"/host/run/netns/web":                    "/run/netns/web",
		"/host/run/docker/netns/web":             "/run/docker/netns/web",
	} {
		if got := newAreas(testAreas).spotsOf(path)[0].path(); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
