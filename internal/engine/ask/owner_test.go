package ask

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/pkg/spec"
)

func fifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(dir(t), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// root makes a root with mount areas.
func root(engine roots.Engine, kind roots.Kind, path string, owners ...string) roots.Root {
	r := roots.Root{Engine: engine, Kind: kind, Path: path, Resolved: path}
	for _, owner := range owners {
		r.Areas = append(r.Areas, spec.Area{Root: path, Owner: owner})
	}
	return r
}

func TestLocate(t *testing.T) {
	exec := root(roots.Docker, roots.ExecRoot, "/run/docker", "netns/*", "containerd/*")
	inner := root(roots.Containerd, roots.StateDirectory, "/run/docker/containerd/daemon", tasks+"/*/*")
	data := root(roots.Docker, roots.DataRoot, "/var/lib/docker", "overlay2/*")
	data.Areas = append(data.Areas, spec.Area{Root: "/big/volumes", Owner: "*"})
	known := []roots.Root{exec, inner, data}
	for path, want := range map[string]struct {
		root  string
		names []string
	}{
		"/run/docker/netns/key": {"/run/docker", []string{"netns", "key"}},
		"/run/docker/containerd/daemon/" + tasks + "/moby/id/rootfs/etc": {inner.Path, []string{tasks, "moby", "id"}},
		"/run/docker/containerd/daemon/" + tasks + "/moby":               {exec.Path, []string{"containerd", "daemon"}},
		"/var/lib/docker/overlay2/l/merged":                              {data.Path, []string{"overlay2", "l"}},
		"/big/volumes/v/_data":                                           {data.Path, nil},
		"/var/lib/docker/overlay2":                                       {},
		"/var/lib/docker-old/overlay2/l":                                 {},
	} {
		at, ok := locate(path, known)
		if ok != (want.root != "") || at.root.Path != want.root || !slices.Equal(at.names, want.names) {
			t.Errorf("%s: %v, %s, %q", path, ok, at.root.Path, at.names)
		}
	}
	if _, err := OwnerOf(t.Context(), "/home", known); !errors.Is(err, ErrNoArea) {
		t.Errorf("%v", err)
	}
	for _, path := range []string{"/big/volumes/v", "/var/lib/docker/overlay2/l"} {
		if o, err := OwnerOf(t.Context(), path, known); o.State != Unknown || !errors.Is(err, ErrNoAnswer) {
			t.Errorf("%s: %+v, %v", path, o, err)
		}
	}
}

// TestOwnerOfDocker has a process that is called dockerd and answers as such.
func TestOwnerOfDocker(t *testing.T) {
	requireRoot(t)
	top := dir(t, "data", "exec/netns", "other")
	data, run := filepath.Join(top, "data"), filepath.Join(top, "exec")
	list, err := json.Marshal([]map[string]any{{
		"Id": idA, "State": map[string]any{"Running": true},
		"NetworkSettings": map[string]any{"SandboxKey": run + "/netns/0123456789ab"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	lost := strings.Repeat("c", 64)
	build := strings.Repeat("2", 64)
	write(t, top, map[string]string{
		"list":        string(list),
		"daemon.json": "\ufeff{\"exec-root\": \"" + run + "\"}",
		"data/containers/" + lost + "/config.v2.json":                 "",
		"data/image/overlay2/layerdb/mounts/" + idA + "/mount-id":     layer,
		"data/image/overlay2/layerdb/mounts/" + idB + "/mount-id":     idB,
		"data/image/overlay2/layerdb/mounts/a1b2c3/mount-id":          build,
		"data/image/overlay2/layerdb/sha256/" + build + "x/cache-id":  "image",
		"other/image/overlay2/layerdb/mounts/" + idB + "x/mount-id":   "x",
		"other/image/overlay2/layerdb/sha256/" + build + "x/cache-id": "image",
	})
	engineProcess(t, "dockerd", nil, []string{"--config-file", filepath.Join(top, "daemon.json")},
		filepath.Join(top, "sock"), data, filepath.Join(top, "list"))
	owners := []string{"overlay2/*", "containers/*", "rootfs/*/*", "volumes/*"}
	known := []roots.Root{
		root(roots.Docker, roots.DataRoot, data, owners...),
		root(roots.Docker, roots.DataRoot, filepath.Join(top, "other"), owners...),
		root(roots.Docker, roots.ExecRoot, run, "netns/*"),
		root(roots.Docker, roots.ExecRoot, filepath.Join(top, "other"), "netns/*"),
		root(roots.Kubelet, roots.KubeletDirectory, "/k", "pods/*"),
	}
	for path, want := range map[string]Owner{
		"data/overlay2/" + layer + "/merged":      {Container: idA, State: Running},
		"data/overlay2/" + layer + "-init/merged": {Container: idA, State: Running},
		"data/overlay2/gone/merged":               {State: NoSuch},
		"data/overlay2/image/merged":              {State: Unknown},
		"data/overlay2/" + build + "/merged":      {Container: "a1b2c3", State: Unknown},
		"data/overlay2/" + idB + "/merged":        {Container: idB, State: Unknown},
		"data/containers/" + idA + "/mounts/shm":  {Container: idA, State: Running},
		"data/containers/" + idB + "/mounts/shm":  {Container: idB, State: NoSuch},
		"data/containers/" + lost + "/mounts/shm": {Container: lost, State: Unknown},
		"data/rootfs/overlayfs/" + idB:            {Container: idB, State: NoSuch},
		"data/volumes/v/_data":                    {State: Unknown},
		"exec/netns/0123456789ab":                 {Container: idA, State: Running},
		"exec/netns/0123456789ac":                 {State: NoSuch},
		"other/overlay2/gone/merged":              {State: Unknown},
		"other/containers/" + idB:                 {State: Unknown},
		"other/netns/0123456789ac":                {State: Unknown},
	} {
		got, err := OwnerOf(t.Context(), filepath.Join(top, path), known)
		if (err != nil) != (want.State == Unknown) || got.State != want.State || got.Container != want.Container ||
			got.Engine != roots.Docker || (got.Why == "") && want.State != Unknown {
			t.Errorf("%s: %+v, %v, want %+v", path, got, err, want)
		}
		if want.Container == "a1b2c3" && !errors.Is(err, ErrNoAnswer) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if got, err := OwnerOf(t.Context(), "/k/pods/uid", known); got.Engine != roots.Kubelet || !errors.Is(err, ErrNoAnswer) {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestOwnerOfNestedDocker has a dockerd in a container that shows the host's
// directory, and knows nothing of the host's containers.
func TestOwnerOfNestedDocker(t *testing.T) {
	requireRoot(t)
	top := dir(t)
	write(t, top, map[string]string{"list": "[]"})
	known := []roots.Root{root(roots.Docker, roots.DataRoot, top, "containers/*")}
	for _, test := range []struct {
		attr *syscall.SysProcAttr
		want Answer
	}{{&syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}, Unknown}, {nil, NoSuch}} {
		engineProcess(t, "dockerd", test.attr, nil, filepath.Join(dir(t), "sock"), top, filepath.Join(top, "list"))
		if got, err := OwnerOf(t.Context(), filepath.Join(top, "containers", idA), known); got.State != test.want {
			t.Errorf("%+v, %v, want %s", got, err, test.want)
		}
	}
}

func TestSockets(t *testing.T) {
	top := dir(t)
	for _, name := range []string{"first one", "second"} {
		listener, err := net.Listen("unix", filepath.Join(top, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
	}
	conn, err := net.Dial("unix", filepath.Join(top, "second"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	got, err := Sockets(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	got = slices.DeleteFunc(got, func(path string) bool { return filepath.Dir(path) != top })
	if want := []string{filepath.Join(top, "first one"), filepath.Join(top, "second")}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if _, err := Sockets(1 << 30); err == nil {
		t.Error("there is no such process")
	}
	for _, line := range []string{
		"Num       RefCount Protocol Flags    Type St Inode Path",
		"0000000000000000: 00000002 00000000 00010000 0001 01 12345 @abstract",
		"0000000000000000: 00000002 00000000 00010000 0001 01 12345",
		"0000000000000000: 00000003 00000000 00000000 0001 03 12345 /connected",
		"",
	} {
		if path, _, ok := listening(line); ok {
			t.Errorf("%q: %q", line, path)
		}
	}
}

func TestMaybeAPI(t *testing.T) {
	for socket, want := range map[string]bool{
		"/var/run/docker.sock": true, "/run/docker/libnetwork/0123456789ab.sock": false, "/run/docker/metrics.sock": false,
	} {
		if maybeAPI(socket) != want {
			t.Errorf("%s: want %v", socket, want)
		}
	}
}
