package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/mount"
)

var background = context.Background()

func find(t testing.TB) Protected {
	t.Helper()
	p, err := FindProtected(t.Context(), mountns.NewLister())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestEngines has processes that are called like engines, and like others, each
// in a mount namespace of its own.
func TestEngines(t *testing.T) {
	requireRoot(t)
	for _, test := range []struct {
		file, engine string
		args         []string
	}{
		{"dockerd", "dockerd", nil},
		{"dockerd-current", "dockerd", nil},
		{".dockerd-wrapped", "dockerd", nil},
		{"docker-containerd", "docker-containerd", nil},
		{"containerd", "containerd", nil},
		{"crio", "crio", nil},
		{"kubelet", "kubelet", nil},
		{"podman", "podman", nil},
		{"conmon", "conmon", nil},
		{"k3s-server", "k3s-server", nil},
		{"docker", "dockerd", []string{"daemon"}},
		{"docker", "", []string{"run"}},
		{"catatonit", "podman pause", []string{"-P"}},
		{"docker-containerd-shim-current", "", nil},
		{"containerd-shim-runc-v2", "", nil},
		{"sleep", "", nil},
	} {
		t.Run(strings.Join(append([]string{test.file}, test.args...), " "), func(t *testing.T) {
			a := start(t, copyNamed(t, test.file), "wait", alone(), test.args...)
			id := namespaceOf(t, a.pid(), a.pid())
			p := find(t)
			want := ""
			if test.engine != "" {
				want = fmt.Sprintf("%s (pid %d)", test.engine, a.pid())
			}
			if why, ok := p.Why(id); why != want || ok != (want != "") {
				t.Errorf("%q, %v, want %q", why, ok, want)
			}
			if p.HasEngine(id) != (want != "") || p.Nested(id) || want != "" && !p.Any() {
				t.Errorf("engine of the host %v, nested %v, any %v", p.HasEngine(id), p.Nested(id), p.Any())
			}
		})
	}
}

// TestNestedEngines has engines with other names for processes or users.
func TestNestedEngines(t *testing.T) {
	requireRoot(t)
	ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}}
	for name, attr := range map[string]*syscall.SysProcAttr{
		"pid namespace":  {Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS},
		"user namespace": {Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS, UidMappings: ids, GidMappings: ids},
	} {
		t.Run(name, func(t *testing.T) {
			a := start(t, copyNamed(t, "containerd"), "wait", attr)
			id := namespaceOf(t, a.pid(), a.pid())
			p := find(t)
			want := fmt.Sprintf("nested containerd (pid %d)", a.pid())
			if why, _ := p.Why(id); why != want || p.HasEngine(id) || !p.Nested(id) {
				t.Errorf("%q, engine of the host %v, nested %v; want %q", why, p.HasEngine(id), p.Nested(id), want)
			}
		})
	}
}

// TestThread has an engine of which only a thread is in a namespace, as with
// docker cp.
func TestThread(t *testing.T) {
	requireRoot(t)
	a := start(t, copyNamed(t, "dockerd"), "thread", alone())
	entries, err := os.ReadDir("/proc/" + strconv.Itoa(a.pid()) + "/task")
	if err != nil {
		t.Fatal(err)
	}
	places := map[mount.NamespaceID]bool{}
	for _, entry := range entries {
		tid, err := strconv.Atoi(entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		places[namespaceOf(t, a.pid(), tid)] = true
	}
	if len(places) != 2 {
		t.Fatalf("its threads are in %d namespaces, not in 2", len(places))
	}
	p := find(t)
	for id := range places {
		if !p.HasEngine(id) {
			t.Errorf("%s is not protected", id)
		}
	}
}

// TestChildren has children of engines, each in a mount namespace of its own.
func TestChildren(t *testing.T) {
	requireRoot(t)
	for _, test := range []struct {
		parent, name, child string
		protected           bool
	}{
		{"dockerd", "unpacks in itself", "helper /proc/self/exe docker-untar", true},
		{"dockerd", "another program", "helper DIR/unpigz unpigz", true},
		{"dockerd", "shim that it inherited", "helper DIR/containerd-shim-runc-v2 containerd-shim-runc-v2", false},
		{"dockerd", "shim of old", "helper DIR/docker-containerd-shim docker-containerd-shim", false},
		{"dockerd", "container that it inherited", "container DIR/sleep sleep", false},
		{"conmon", "container", "helper DIR/sleep sleep", false},
		{"conmon", "pause container", "helper DIR/catatonit catatonit -P", false},
		{"sleep", "unpacks in itself", "helper /proc/self/exe docker-untar", false},
	} {
		t.Run(test.parent+"/"+test.name, func(t *testing.T) {
			words := strings.Split(test.child, " ")
			if name, ok := strings.CutPrefix(words[1], "DIR/"); ok {
				words[1] = copyNamed(t, name)
			}
			a := start(t, copyNamed(t, test.parent), "parent "+strings.Join(words, " "), nil)
			pid, err := strconv.Atoi(a.said)
			if err != nil {
				t.Fatal(err)
			}
			id := namespaceOf(t, pid, pid)
			p := find(t)
			want := ""
			if test.protected {
				want = fmt.Sprintf("helper of %s (pid %d)", test.parent, pid)
			}
			if why, _ := p.Why(id); why != want || p.HasEngine(id) {
				t.Errorf("%q, engine %v, want %q", why, p.HasEngine(id), want)
			}
		})
	}
}

// TestOwnProgram has an engine's program, executed by itself and not by the
// engine: the helper of a helper, and rootless podman.
func TestOwnProgram(t *testing.T) {
	requireRoot(t)
	for _, test := range []struct {
		args0, want string
		engine      bool
	}{
		{"buildah-chroot-exec", "helper of podman", false},
		{"podman", "podman", true},
	} {
		dir := t.TempDir()
		link := filepath.Join(dir, "exe")
		if err := os.Symlink(copyNamed(t, "podman"), link); err != nil {
			t.Fatal(err)
		}
		a := start(t, copyNamed(t, "sleep"), "parent helper "+link+" "+test.args0, nil)
		pid, err := strconv.Atoi(a.said)
		if err != nil {
			t.Fatal(err)
		}
		id := namespaceOf(t, pid, pid)
		p := find(t)
		want := fmt.Sprintf("%s (pid %d)", test.want, pid)
		if why, _ := p.Why(id); why != want || p.HasEngine(id) != test.engine {
			t.Errorf("%q, engine %v, want %q", why, p.HasEngine(id), want)
		}
	}
}

func TestFirstProcess(t *testing.T) {
	requireRoot(t)
	id, err := mountns.NewLister().Init()
	if err != nil {
		t.Fatal(err)
	}
	p := find(t)
	if why, ok := p.Why(id); !ok || why != "PID 1" && !p.HasEngine(id) && !strings.HasPrefix(why, "helper") {
		t.Errorf("%q, %v", why, ok)
	}
	// Who says more comes first, and PID 1 is no engine.
	p = Protected{init: 7, places: map[uint64]place{}}
	if why, ok := p.Why(mount.NamespaceID{Inode: 7}); why != "PID 1" || !ok || p.HasEngine(mount.NamespaceID{Inode: 7}) {
		t.Errorf("%q, %v", why, ok)
	}
	p.add(7, resident{process: process{pid: 9}, engine: "crio", helper: true})
	p.add(7, resident{process: process{pid: 8}, engine: "kubelet"})
	p.add(7, resident{process: process{pid: 6}, engine: "crio"})
	p.add(7, resident{process: process{pid: 5}, engine: "crio", nested: true})
	if why, _ := p.Why(mount.NamespaceID{Inode: 7}); why != "crio (pid 6)" || !p.HasEngine(mount.NamespaceID{Inode: 7}) {
		t.Errorf("%q", why)
	}
	if _, ok := (Protected{}).Why(mount.NamespaceID{}); ok {
		t.Error("nothing is protected where nothing is known")
	}
}

// TestRecheck has an engine's thread enter a namespace after the look.
func TestRecheck(t *testing.T) {
	requireRoot(t)
	engine := start(t, copyNamed(t, "dockerd"), "join", nil)
	other := start(t, copyNamed(t, "agent"), "wait", alone())
	id := namespaceOf(t, other.pid(), other.pid())
	p := find(t)
	if why, ok, err := p.Recheck(id); ok || err != nil {
		t.Fatalf("before: %q, %v", why, err)
	}
	if _, err := fmt.Fprintf(engine.input, "/proc/%d/ns/mnt\n", other.pid()); err != nil {
		t.Fatal(err)
	}
	engine.hear()
	if why, ok := p.Why(id); ok {
		t.Errorf("the look is an old one: %q", why)
	}
	want := fmt.Sprintf("dockerd (pid %d)", engine.pid())
	if why, ok, err := p.Recheck(id); why != want || !ok || err != nil {
		t.Errorf("after: %q, %v, want %q", why, err, want)
	}
}

// TestLookAgain has an engine with a helper start after the look.
func TestLookAgain(t *testing.T) {
	requireRoot(t)
	known := start(t, copyNamed(t, "crio"), "wait", alone())
	other := start(t, copyNamed(t, "agent"), "wait", alone())
	before := find(t)
	engine := start(t, copyNamed(t, "dockerd"), "parent helper /proc/self/exe docker-untar", alone())
	helper, err := strconv.Atoi(engine.said)
	if err != nil {
		t.Fatal(err)
	}
	p, err := before.LookAgain(t.Context(), mountns.NewLister(), []int{helper, other.pid()})
	if err != nil {
		t.Fatal(err)
	}
	for pid, want := range map[int]string{
		helper:       fmt.Sprintf("helper of dockerd (pid %d)", helper),
		engine.pid(): fmt.Sprintf("dockerd (pid %d)", engine.pid()),
		known.pid():  fmt.Sprintf("crio (pid %d)", known.pid()),
		other.pid():  "",
	} {
		id := namespaceOf(t, pid, pid)
		if why, _ := p.Why(id); why != want {
			t.Errorf("%q, want %q", why, want)
		}
		if why, ok := before.Why(id); ok && pid != known.pid() {
			t.Errorf("the look is an old one: %q", why)
		}
	}
}

// TestUnreadable has an engine whose namespaces may not be seen, and asks the
// same of a process that is none.
func TestUnreadable(t *testing.T) {
	requireRoot(t)
	engine := start(t, copyNamed(t, "dockerd"), "wait", alone())
	user := start(t, copyNamed(t, "user"), "user "+strconv.Itoa(engine.pid()), nil)
	if want := "true true true <nil>"; user.said != want {
		t.Errorf("permission denied to find, to place, to list its threads, and of no engine: %s, want %s", user.said, want)
	}
}

// TestDeletedFile has an engine that was upgraded while it ran.
func TestDeletedFile(t *testing.T) {
	requireRoot(t)
	file := copyNamed(t, "docker-containerd")
	a := start(t, file, "wait", alone())
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if id := namespaceOf(t, a.pid(), a.pid()); !find(t).HasEngine(id) {
		t.Error("it is not found")
	}
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := findResidents(ctx, &mountns.Foreigners{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if p, err := FindProtected(ctx, mountns.NewLister()); !errors.Is(err, context.Canceled) || p.Any() {
		t.Errorf("%v", err)
	}
}
