package target

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/pkg/spec"
)

// write makes files below a new directory.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	top := t.TempDir()
	for name, text := range files {
		path := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return top
}

func TestDockerContainers(t *testing.T) {
	top := write(t, map[string]string{
		"containers/" + id + "/config.v2.json":              `{"Name":"/web","NetworkSettings":{"SandboxKey":"/run/docker/netns/1e5371038161"}}`,
		"containers/" + layer + "/mounts/shm/x":             "what could not be removed",
		"containers/short/config.v2.json":                   `{}`,
		"image/overlay2/layerdb/mounts/" + id + "/mount-id": layer,
		"image/overlay2/layerdb/mounts/" + id + "/init-id":  layer + "-init",
	})
	got := dockerContainers(roots.Root{Resolved: top})
	if len(got) != 1 || got[0].ID != id || !slices.Equal(got[0].Names, []string{"web"}) ||
		!slices.Equal(got[0].Keys, []string{layer, "1e5371038161"}) || got[0].Dirs[0] != filepath.Join(top, "containers", id) {
		t.Errorf("%+v", got)
	}
	// One that dockerd is writing, or that is broken, is a container.
	if err := os.WriteFile(filepath.Join(top, "containers", id, "config.v2.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := dockerContainers(roots.Root{Resolved: top}); len(got) != 1 || got[0].ID != id || len(got[0].Names) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestContainerdContainers(t *testing.T) {
	ended := "0" + id[1:]
	top := write(t, map[string]string{
		"io.containerd.runtime.v2.task/default/web/config.json":   "{}",
		"io.containerd.runtime.v2.task/default/.gone/x":           "",
		"io.containerd.runtime.v2.task/k8s.io/" + id + "/x":       "",
		"io.containerd.grpc.v1.cri/sandboxes/" + id + "/hosts":    "",
		"io.containerd.grpc.v1.cri/sandboxes/" + layer + "/hosts": "",
		"io.containerd.grpc.v1.cri/containers/" + ended + "/io/x": "",
	})
	state := roots.Root{Resolved: top, Areas: []spec.Area{
		{Root: top, Owner: "io.containerd.runtime.v2.task/*/*"}, {Root: top, Owner: "io.containerd.grpc.v1.cri/sandboxes/*"},
	}}
	got := merge(containerdContainers(state))
	if len(got) != 4 || got[0].String() != "default/web" || got[2].ID != id || len(got[2].Dirs) != 2 || len(got[2].Bundles) != 1 || got[3].ID != layer {
		t.Errorf("%+v", got)
	}
	// A container that has ended is one until it is removed; its task is asked for.
	if got[1].ID != ended || !got[1].Kept || got[2].Kept || !slices.Equal(got[1].Dirs, []string{filepath.Join(top, "io.containerd.runtime.v2.task/k8s.io", ended)}) {
		t.Errorf("%+v", got[1])
	}
	// Its root has directories of the same names, and mounts nothing there.
	root := roots.Root{Resolved: top, Areas: []spec.Area{{Root: top, Owner: "tmpmounts/*"}}}
	if got := containerdContainers(root); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestStorageContainers(t *testing.T) {
	top := write(t, map[string]string{
		"overlay-containers/containers.json":          `[{"id":"` + id + `","names":["web"],"layer":"` + layer + `"},{"id":"../evil"}]`,
		"overlay-containers/volatile-containers.json": `[{"id":"` + layer + `"}]`,
		"vfs-containers/containers.json":              `broken`,
	})
	run := roots.Root{Engine: roots.CRIO, Resolved: "/run/containers/storage"}
	root := roots.Root{Engine: roots.Podman, Resolved: top}
	got := storageContainers(root, []roots.Root{root, run})
	if len(got) != 2 || got[0].ID != id || got[0].Keys[0] != layer || got[0].Names[0] != "web" || got[1].ID != layer ||
		!slices.Contains(got[0].Bundles, "/run/containers/storage/overlay-containers/"+id+"/userdata") {
		t.Errorf("%+v", got)
	}
}
