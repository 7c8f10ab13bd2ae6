package target

import (
	"slices"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/internal/roots"
)

func TestChoose(t *testing.T) {
	second := "3f2b" + strings.Repeat("0", 60)
	all := []Container{
		{ID: id, Names: []string{"web"}, Keys: []string{layer}},
		{ID: second, Names: []string{"abc"}},
		{ID: "abc" + strings.Repeat("1", 61), Names: []string{"cafe"}},
		{ID: "web", Namespaces: []string{"default"}, Dirs: []string{"/run/containerd/default/web"}},
		{ID: "db", Namespaces: []string{"default"}, Dirs: []string{"/run/containerd/default/db"}},
		{ID: "db", Namespaces: []string{"test"}, Dirs: []string{"/run/containerd/test/db"}},
	}
	for word, want := range map[string]string{
		id:           id,
		"3f2a":       id,
		"3f2b":       second,
		"abc":        second, // a name before the beginning of an identifier
		"web":        "web",  // an identifier before a name
		"cafe":       all[2].ID,
		layer:        id,
		layer[:12]:   id,
		layer[:11]:   "nothing is called that",
		"3f":         "nothing is called that",
		"3f2":        `"3f2" can be any of ` + id + " (web), " + second + " (abc)",
		"db":         `"db" can be any of /run/containerd/default/db, /run/containerd/test/db`,
		"3F2A":       "nothing is called that",
		"nobody":     "nothing is called that",
		"3f2a/../..": "nothing is called that",
	} {
		got, err := choose(all, word)
		if err != nil {
			got.ID = err.Error()
		}
		if got.ID != want {
			t.Errorf("%s: %s, want %s", word, got.ID, want)
		}
	}
}

func TestAmbiguousIsBounded(t *testing.T) {
	var all []Container
	for _, c := range "0123456789" {
		all = append(all, Container{ID: "abc" + string(c) + strings.Repeat("0", 60)})
	}
	if _, err := choose(all, "abc"); err == nil || !strings.HasSuffix(err.Error(), "and 5 more") {
		t.Error(err)
	}
}

func TestMerge(t *testing.T) {
	merged := merge([]Container{
		{ID: id, Engine: roots.Containerd, Namespaces: []string{"moby"}, Dirs: []string{"/run/containerd/x"}, Bundles: []string{"/b"}},
		{ID: id, Engine: roots.Docker, Dirs: []string{"/var/lib/docker/containers/" + id}, Names: []string{"web"}},
		{ID: "web", Engine: roots.Containerd, Namespaces: []string{"a"}, Dirs: []string{"/run/containerd/a/web"}},
		{ID: "web", Engine: roots.Containerd, Namespaces: []string{"b"}, Dirs: []string{"/run/containerd/b/web"}},
		{ID: "web", Engine: roots.Containerd, Namespaces: []string{"a"}, Dirs: []string{"/run/another/a/web"}},
	})
	if len(merged) != 4 {
		t.Fatalf("%+v", merged)
	}
	c := merged[slices.IndexFunc(merged, func(c Container) bool { return c.ID == id })]
	// containerd's word is not Docker's.
	if c.Engine != roots.Docker || len(c.Dirs) != 1 || !strings.Contains(c.Dirs[0], "docker") || len(c.Bundles) != 1 || c.Names[0] != "web" {
		t.Errorf("%+v", c)
	}
}

func TestOwns(t *testing.T) {
	c := Container{ID: "web", Namespaces: []string{"default"}, Keys: []string{layer}}
	for path, want := range map[string]bool{
		"/run/containerd/io.containerd.runtime.v2.task/default/web/rootfs": true,
		"/run/containerd/io.containerd.runtime.v2.task/test/web/rootfs":    false,
		"/var/lib/docker/overlay2/" + layer + "/merged":                    true,
		"/var/lib/docker/overlay2/" + layer + "-init/merged":               true,
		"/var/lib/docker/overlay2/" + layer[1:] + "/merged":                false,
		"/var/lib/docker/rootfs/overlayfs/web":                             true,
		"/var/lib/docker/rootfs/web/other":                                 false,
	} {
		s, ok := newAreas(testAreas).spotOf(path)
		if !ok || c.owns(s) != want {
			t.Errorf("%s: %v, %v, want %v", path, ok, !want, want)
		}
	}
}
