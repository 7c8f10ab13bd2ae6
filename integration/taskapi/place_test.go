package taskapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
	"github.com/unbusy/unbusy/integration/toolbox"
)

// stage is where places are.
type stage struct {
	h      *host.Host
	dir    string
	rootfs string // busybox and what containers need beside it
	runc   string // the directory that runc is in
}

// places numbers them all: containers have their state in one place, by
// namespace and id.
var places atomic.Int32

// applets are what containers run.
var applets = []string{"sh", "sleep", "cat", "stat", "stty", "tail", "echo", "true"}

func newStage(t *testing.T) *stage {
	t.Helper()
	h := host.New(t)
	if err := patientUnbusy(); err != nil {
		t.Fatalf("configure unbusy: %v", err)
	}
	tools, err := toolbox.Get(t.Context(), "runc-1.5")
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{h: h, dir: h.Dir("p"), rootfs: h.Dir("rootfs"), runc: tools}
	for _, dir := range []string{"bin", "dev", "proc", "host"} {
		h.Dir("rootfs", dir)
	}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatalf("containers run busybox, Debian's busybox-static: %v", err)
	}
	writeProgram(t, filepath.Join(s.rootfs, "bin/busybox"), read(t, busybox))
	for _, applet := range applets {
		err = errors.Join(err, os.Symlink("busybox", filepath.Join(s.rootfs, "bin", applet)))
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// place is where one situation is played with one subject after the other. All
// names in it are the same each time.
type place struct {
	dir       string // short: sockets are in it
	namespace string
	cgroup    string // of all containers
	rootfs    string
	runc      string
}

// place returns one that nothing was played in.
func (s *stage) place() place {
	name := strconv.Itoa(int(places.Add(1)))
	return place{
		dir: filepath.Join(s.dir, name), namespace: "taskapi" + name, cgroup: s.h.Cgroup(name),
		rootfs: s.rootfs, runc: s.runc,
	}
}

// bundle is the directory of a container.
func (p place) bundle(id string) string { return filepath.Join(p.dir, "b", id) }

// grpc and ttrpc are where the daemon would listen, the latter for events.
func (p place) grpc() string  { return filepath.Join(p.dir, "c") }
func (p place) ttrpc() string { return filepath.Join(p.dir, "c.ttrpc") }

// runcState is the directory with runc's state of a container.
func (p place) runcState(id string) string {
	return filepath.Join("/run/containerd/runc", p.namespace, id)
}

// env is the environment in which a daemon of any version would call the shim.
func (p place) env() []string {
	return append(os.Environ(), "PATH="+p.runc+":"+os.Getenv("PATH"),
		"GOMAXPROCS=2", "MAX_SHIM_VERSION=2", "TTRPC_ADDRESS="+p.ttrpc(), "GRPC_ADDRESS="+p.grpc(), "NAMESPACE="+p.namespace)
}

// addBundle makes a bundle as containerd does, with a container that sleeps,
// changed by the functions.
func (p place) addBundle(t *testing.T, id string, changes ...func(*specs.Spec)) {
	t.Helper()
	bundle := p.bundle(id)
	work := filepath.Join(p.dir, "w", id)
	err := errors.Join(os.MkdirAll(filepath.Join(bundle, "rootfs"), 0o711), os.Chmod(bundle, 0o700),
		os.MkdirAll(work, 0o711), os.Symlink(work, filepath.Join(bundle, "work")))
	if err != nil {
		t.Fatal(err)
	}
	p.writeSpec(t, id, changes...)
}

// writeSpec writes the specification of a container that sleeps, changed by the
// functions.
func (p place) writeSpec(t *testing.T, id string, changes ...func(*specs.Spec)) {
	t.Helper()
	spec := &specs.Spec{
		Version: "1.0.2",
		Process: process("sleep", "1000"),
		Root:    &specs.Root{Path: "rootfs"},
		Mounts: []specs.Mount{
			{Destination: "/proc", Type: "proc", Source: "proc"},
			{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "mode=755"}},
			{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666"}},
		},
		Linux: &specs.Linux{
			CgroupsPath: filepath.Join(p.cgroup, id),
			Namespaces: []specs.LinuxNamespace{
				{Type: specs.PIDNamespace}, {Type: specs.MountNamespace}, {Type: specs.IPCNamespace}, {Type: specs.UTSNamespace},
			},
		},
	}
	for _, change := range changes {
		change(spec)
	}
	text, err := json.Marshal(spec)
	if err == nil {
		err = os.WriteFile(filepath.Join(p.bundle(id), "config.json"), text, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// process is a command in a container.
func process(args ...string) *specs.Process {
	return &specs.Process{Args: args, Env: []string{"PATH=/bin"}, Cwd: "/"}
}

// running lets the container run something else.
func running(args ...string) func(*specs.Spec) {
	return func(s *specs.Spec) { s.Process = process(args...) }
}

// shell lets the container run a script.
func shell(script string) func(*specs.Spec) { return running("sh", "-c", script) }

// clear removes everything from the place.
func (p place) clear() error {
	var errs []error
	mounts, err := observe.Mounts(0)
	errs = append(errs, err)
	for i := len(mounts) - 1; i >= 0; i-- {
		if strings.HasPrefix(mounts[i].Point, p.dir+"/") {
			errs = append(errs, unix.Unmount(mounts[i].Point, unix.MNT_DETACH))
		}
	}
	return errors.Join(append(errs, os.RemoveAll(p.dir))...)
}

// leftovers lists what there is in the place and of its containers: files with
// their modes, mounts, runc's states, cgroups.
func (p place) leftovers(t *testing.T) []string {
	t.Helper()
	var lines []string
	err := filepath.Walk(filepath.Join(p.dir, "b"), func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if filepath.Base(path) == "rootfs" {
			return filepath.SkipDir
		}
		lines = append(lines, fmt.Sprintf("file %s %s", strings.TrimPrefix(path, p.dir), info.Mode()))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	mounts, err := observe.Mounts(0)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mounts {
		if strings.HasPrefix(m.Point, p.dir+"/") {
			lines = append(lines, "mount "+strings.TrimPrefix(m.Point, p.dir)+" "+m.FSType)
		}
		if m.FSType != "cgroup" {
			continue
		}
		cgroups, err := filepath.Glob(filepath.Join(m.Point, p.cgroup, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range cgroups {
			if info, err := os.Stat(path); err == nil && info.IsDir() {
				lines = append(lines, "cgroup "+path)
			}
		}
	}
	states, err := filepath.Glob(p.runcState("*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range states {
		lines = append(lines, "state "+filepath.Base(path))
	}
	return lines
}

// config is the specification of a container.
func (p place) config(id string) string { return filepath.Join(p.bundle(id), "config.json") }

// writeProgram writes a program or a script that somebody is to execute. A
// process that another test starts meanwhile would have the file open for a
// moment, which would be busy then.
func writeProgram(t *testing.T, path, text string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
