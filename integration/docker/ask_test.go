package docker

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/internal/engine"
	"github.com/unbusy/unbusy/internal/engine/ask"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/roots"
)

// knownRoots are the roots that can be found on the host.
func knownRoots(t *testing.T) []roots.Root {
	t.Helper()
	mounts, err := mountinfo.GetMounts(nil)
	if err != nil {
		t.Fatal(err)
	}
	return roots.FindAll(t.Context(), roots.Host{Mounts: mounts}).Roots
}

// mountpoints are the places below a directory on which something is mounted.
func mountpoints(t *testing.T, dir string) []string {
	t.Helper()
	mounts, err := mountinfo.GetMounts(mountinfo.PrefixFilter(dir))
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, m := range mounts {
		paths = append(paths, m.Mountpoint)
	}
	slices.Sort(paths)
	return paths
}

// expectOwners asks whose paths are, all of which are those of one container.
func expectOwners(t *testing.T, paths []string, id string, want ask.Answer) {
	t.Helper()
	known := knownRoots(t)
	for _, path := range paths {
		got, err := ask.OwnerOf(t.Context(), path, known)
		if err != nil || got.State != want || want != ask.NoSuch && filepath.Base(got.Container) != id {
			t.Errorf("%s: %+v, %v, want %s", path, got, err, want)
		}
	}
}

// TestAskDocker goes with a container of dockerd's through its life, by the places
// where dockerd and its containerd mount something for it.
func TestAskDocker(t *testing.T) {
	h := host.New(t)
	d := h.Dockerd()
	id := d.Run("one", "--network", "none", "--volume", "named:/data")
	paths := append(mountpoints(t, d.DataRoot()), mountpoints(t, d.ExecRoot())...)
	for _, part := range []string{"/overlay2/", "/netns/"} {
		if !slices.ContainsFunc(paths, func(path string) bool { return strings.Contains(path, part) }) {
			t.Errorf("nothing is mounted in %s: %q", part, paths)
		}
	}
	tasks := filepath.Join(d.ExecRoot(), "containerd/daemon/io.containerd.runtime.v2.task/moby")
	paths = append(paths,
		filepath.Join(d.DataRoot(), "containers", id, "mounts/shm"),
		filepath.Join(tasks, id, "rootfs"))
	expectOwners(t, paths, id, ask.Running)
	d.Docker("pause", "one")
	expectOwners(t, paths, id, ask.Running)
	d.Docker("unpause", "one")

	d.Docker("kill", "one")
	d.Docker("wait", "one")
	isTask := func(path string) bool { return strings.HasPrefix(path, tasks) }
	rest := slices.DeleteFunc(slices.Clone(paths), isTask)
	expectOwners(t, rest, id, ask.Stopped)
	// containerd has a task only while the container runs.
	expectOwners(t, []string{filepath.Join(tasks, id, "rootfs")}, id, ask.NoSuch)

	d.Docker("rm", "one")
	expectOwners(t, paths, id, ask.NoSuch)

	// A volume and an image's layer are no container's.
	layers, err := os.ReadDir(filepath.Join(d.DataRoot(), "overlay2"))
	if err != nil {
		t.Fatal(err)
	}
	known, none := knownRoots(t), []string{filepath.Join(d.DataRoot(), "volumes/named/_data")}
	for _, layer := range layers {
		if layer.Name() != "l" {
			none = append(none, filepath.Join(d.DataRoot(), "overlay2", layer.Name()))
		}
	}
	if len(none) < 2 {
		t.Errorf("no layer of the image: %q", none)
	}
	for _, path := range none {
		if got, err := ask.OwnerOf(t.Context(), path, known); err == nil || got.State != ask.Unknown {
			t.Errorf("%s: %+v, %v, want an error", path, got, err)
		}
	}
}

// TestAskPodman is the same with podman, and makes sure that asking leaves no
// mount behind.
func TestAskPodman(t *testing.T) {
	h := host.New(t)
	p := h.Podman()
	// Podman is run as it is by others: with the configuration of the host's.
	t.Setenv("CONTAINERS_CONF", filepath.Join(h.Dir("podman"), "containers.conf"))
	t.Setenv("TMPDIR", h.Dir("podman", "tmp"))
	id := p.Run("one")
	paths := slices.DeleteFunc(mountpoints(t, p.GraphRoot()), func(path string) bool {
		return filepath.Base(path) == "overlay" // podman's mount of its home on itself
	})
	if len(paths) < 2 {
		t.Fatalf("only mounted: %q", paths)
	}
	// The monitor's command line tells where the store is. Those of other tests'
	// podmen tell of other stores.
	known := slices.DeleteFunc(knownRoots(t), func(r roots.Root) bool {
		return r.Engine == roots.Podman && filepath.Dir(r.Resolved) != h.Dir("podman")
	})
	expect := func(want ask.Answer) {
		t.Helper()
		before := mountpoints(t, "/")
		for _, path := range paths {
			got, err := ask.OwnerOf(t.Context(), path, known)
			if err != nil || got.State != want || want != ask.NoSuch && got.Container != id {
				t.Errorf("%s: %+v, %v, want %s", path, got, err, want)
			}
		}
		for _, path := range mountpoints(t, "/") {
			if !slices.Contains(before, path) {
				t.Errorf("left mounted: %s", path)
			}
		}
	}
	expect(ask.Running)
	p.Podman("stop", "--time", "0", "one")
	expect(ask.Stopped)
	p.Podman("rm", "one")
	expect(ask.NoSuch)
}

// TestAskPodmanElsewhere asks in a mount namespace with another /run, where podman
// would find that the host was booted and no container runs.
func TestAskPodmanElsewhere(t *testing.T) {
	h := host.New(t)
	p := h.Podman()
	t.Setenv("CONTAINERS_CONF", filepath.Join(h.Dir("podman"), "containers.conf"))
	t.Setenv("TMPDIR", h.Dir("podman", "tmp"))
	p.Run("one")
	path := strings.TrimSpace(p.Podman("inspect", "--format", "{{.GraphDriver.Data.MergedDir}}", "one"))
	known := slices.DeleteFunc(knownRoots(t), func(r roots.Root) bool {
		return r.Engine == roots.Podman && filepath.Dir(r.Resolved) != h.Dir("podman")
	})
	elsewhere := h.Start("unshare", "--mount", "--propagation", "private",
		"sh", "-ec", "mount -t tmpfs tmpfs /run; echo it is there; read end")
	lister := mountns.NewLister()
	ns, err := lister.Open(namespaceOf(t, lister, strconv.Itoa(elsewhere.Pid())))
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Close()
	err = ns.Enter(func() error {
		_, err := ask.OwnerOf(t.Context(), path, known)
		return err
	})
	if !errors.Is(err, ask.ErrNoAnswer) {
		t.Errorf("answered, %v", err)
	}
	if state := strings.TrimSpace(p.Podman("inspect", "--format", "{{.State.Status}}", "one")); state != "running" {
		t.Errorf("for podman the container is %s now", state)
	}
}

// TestProtectedEngines looks for the engines that run, and for dockerd's helper
// that unpacks in a mount namespace of its own.
func TestProtectedEngines(t *testing.T) {
	h := host.New(t)
	d := h.Dockerd()
	id := d.Run("one", "--network", "none")
	lister := mountns.NewLister()
	own, err := lister.Own()
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	container := strings.TrimSpace(d.Docker("inspect", "--format", "{{.State.Pid}}", id))
	p, err := engine.FindProtected(t.Context(), lister)
	if err != nil {
		t.Fatal(err)
	}
	if why, _ := p.Why(own.ID); !p.HasEngine(own.ID) || !p.Any() {
		t.Errorf("the box: %q", why)
	}
	inContainer := namespaceOf(t, lister, container)
	if why, ok := p.Why(inContainer); ok {
		t.Errorf("the container: %q", why)
	}

	// The client is given the beginning of an archive, and no more for as long as
	// it takes.
	fifo := filepath.Join(h.Dir("files"), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		script := `(tar --create --directory /bin busybox | head --bytes 100000; cat "$1") | docker --host "unix://$2" cp - one:/tmp`
		defer close(done)
		// It fails in the end, because the archive is cut.
		_, _ = h.Exec(nil, "sh", "-c", script, "sh", fifo, d.Socket())
	}()
	opened, err := os.OpenFile(fifo, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		opened.Close()
		<-done
	}()
	helper := awaitHelper(t, lister, h.Dir(), own.ID)
	if p, err = engine.FindProtected(t.Context(), lister); err != nil {
		t.Fatal(err)
	}
	if why, _ := p.Why(helper); !strings.HasPrefix(why, "helper of dockerd (pid ") || p.HasEngine(helper) {
		t.Errorf("dockerd unpacks in %s: %q", helper, why)
	}
}

// awaitHelper waits for dockerd to unpack below a directory, in a mount namespace
// that is not ours.
func awaitHelper(t *testing.T, lister *mountns.Lister, dir string, own mountns.ID) mountns.ID {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		select {
		case <-t.Context().Done():
			t.Fatal("no helper of dockerd came")
		default:
		}
		lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range lines {
			line, err := os.ReadFile(path)
			if err != nil || !strings.HasPrefix(string(line), "docker-untar\x00") || !strings.Contains(string(line), dir) {
				continue
			}
			if ns := namespaceOf(t, lister, filepath.Base(filepath.Dir(path))); !ns.Same(own) {
				return ns
			}
		}
	}
	panic("a ticker does not end")
}

// namespaceOf is the mount namespace of a process.
func namespaceOf(t *testing.T, lister *mountns.Lister, pid string) mountns.ID {
	t.Helper()
	file, err := os.Open("/proc/" + pid + "/ns/mnt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	ns, err := lister.FromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Close()
	return ns.ID
}
