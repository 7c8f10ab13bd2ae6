package sweep

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/observe"

	"github.com/unbusy/unbusy/integration/host"
)

// victim is a container with a root file system and a shared memory of its own.
type victim struct {
	s           *stage
	id          string
	bundle      string
	merged, shm string
}

// victim mounts what a container needs.
func (s *stage) victim(id string) *victim {
	s.t.Helper()
	v := &victim{
		s: s, id: id, bundle: s.h.Dir("bundles", id),
		merged: filepath.Join(s.data, "overlay2", id, "merged"),
		shm:    filepath.Join(s.data, "containers", id, "mounts/shm"),
	}
	for _, dir := range []string{v.merged, v.shm} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			s.t.Fatal(err)
		}
	}
	v.mountRootfs()
	v.mount("shm", v.shm, "tmpfs", "size=64k")
	v.describe(v.merged)
	return v
}

func (v *victim) mountRootfs() {
	v.s.t.Helper()
	layer := filepath.Dir(v.merged)
	for _, dir := range []string{"diff", "work"} {
		if err := os.MkdirAll(filepath.Join(layer, dir), 0o755); err != nil {
			v.s.t.Fatal(err)
		}
	}
	v.mount("overlay", v.merged, "overlay",
		"lowerdir="+v.s.image()+",upperdir="+filepath.Join(layer, "diff")+",workdir="+filepath.Join(layer, "work"))
}

// image is the directory of the layer that all containers share.
func (s *stage) image() string {
	s.t.Helper()
	dir := s.h.Dir("docker", "overlay2", "image", "diff")
	if _, err := os.Stat(filepath.Join(dir, "bin/busybox")); err == nil {
		return dir
	}
	for _, sub := range []string{"bin", "dev", "proc", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			s.t.Fatal(err)
		}
	}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := os.ReadFile(busybox)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "bin/busybox"), text, 0o755)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return dir
}

// mount mounts a file system, or binds a directory if there is no type.
func (v *victim) mount(source, target, fstype, options string) {
	v.s.t.Helper()
	var flags uintptr
	if fstype == "" {
		flags = unix.MS_BIND
	}
	if err := unix.Mount(source, target, fstype, flags, options); err != nil {
		v.s.t.Fatalf("mount %s: %v", target, err)
	}
	v.s.t.Cleanup(func() { _ = unix.Unmount(target, unix.MNT_DETACH) })
}

// describe writes the specification of the container.
func (v *victim) describe(rootfs string) {
	v.s.t.Helper()
	spec := specs.Spec{
		Version: "1.0.2",
		Process: &specs.Process{
			Args: []string{"/bin/busybox", "sleep", "1000000"}, Env: []string{"PATH=/bin"}, Cwd: "/",
		},
		Root: &specs.Root{Path: rootfs},
		Mounts: []specs.Mount{
			{Destination: "/proc", Type: "proc", Source: "proc"},
			{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "mode=755"}},
			{Destination: "/dev/shm", Type: "bind", Source: v.shm, Options: []string{"rbind", "rprivate"}},
		},
		Linux: &specs.Linux{
			CgroupsPath: v.s.h.Cgroup(v.id),
			Namespaces: []specs.LinuxNamespace{
				{Type: specs.PIDNamespace}, {Type: specs.MountNamespace}, {Type: specs.IPCNamespace},
				{Type: specs.UTSNamespace}, {Type: specs.NetworkNamespace},
			},
		},
	}
	text, err := json.Marshal(spec)
	if err == nil {
		err = os.WriteFile(filepath.Join(v.bundle, "config.json"), text, 0o644)
	}
	if err != nil {
		v.s.t.Fatal(err)
	}
}

// run creates and starts the container.
func (v *victim) run(runtime string) {
	v.s.t.Helper()
	v.s.t.Cleanup(func() { _, _ = v.s.try(v.s.runc, "delete", "--force", v.id) })
	v.s.requireOK(runtime, v.logged("create", "--bundle", v.bundle, v.id)...)
	v.s.requireOK(runtime, v.logged("start", v.id)...)
}

// logged puts the options of the log before a command.
func (v *victim) logged(args ...string) []string {
	return append([]string{"--log", v.s.log(), "--log-format", "json"}, args...)
}

// pid is that of the container's process, 0 if it has ended.
func (v *victim) pid() int {
	v.s.t.Helper()
	var state struct {
		Pid    int
		Status string
	}
	if err := json.Unmarshal([]byte(v.s.requireOK(v.s.runc, "state", v.id).stdout), &state); err != nil {
		v.s.t.Fatal(err)
	}
	if state.Status == "stopped" {
		return 0
	}
	return state.Pid
}

// kill ends the container's process, and with it the container's namespaces.
func (v *victim) kill() {
	v.s.t.Helper()
	v.s.requireOK(v.s.runc, "kill", v.id, "KILL")
	host.Await(v.s.t, v.id+" to end", func() bool { return v.pid() == 0 })
}

// delete has the runtime delete the container.
func (v *victim) delete(runtime string) result {
	v.s.t.Helper()
	return v.s.call(runtime, v.logged("delete", v.id)...)
}

// end kills the container and has the runtime delete it, which has to answer
// nothing. It returns what was mounted in the moments before and after: the
// engine has unmounted nothing yet.
func (v *victim) end(runtime string) (before, after tables) {
	v.s.t.Helper()
	v.kill()
	before = take(v.s.t, v.s.h)
	if r := v.delete(runtime); r != (result{}) {
		v.s.t.Errorf("delete: %+v", r)
	}
	return before, take(v.s.t, v.s.h)
}

// requireUnmounts fails unless the engine can unmount what is the container's.
func (v *victim) requireUnmounts() {
	v.s.t.Helper()
	if err := v.unmount(); err != nil {
		v.s.t.Error(err)
	}
}

// originals are the engine's mounts for the container.
func (v *victim) originals() []observe.Mount {
	v.s.t.Helper()
	var found []observe.Mount
	for _, point := range []string{v.merged, v.shm} {
		m, there, err := observe.At(point)
		if err != nil || !there {
			v.s.t.Fatalf("nothing is mounted on %s: %v", point, err)
		}
		found = append(found, m)
	}
	return found
}

// unmount unmounts the root file system and the shared memory as a shim does,
// plainly. The error is that of the first that could not be.
func (v *victim) unmount() error {
	var errs []error
	for _, point := range []string{v.merged, v.shm} {
		if err := unix.Unmount(point, 0); err != nil {
			errs = append(errs, &os.PathError{Op: "unmount", Path: point, Err: err})
		}
	}
	return errors.Join(errs...)
}

// exec runs a command in the container and returns what it prints.
func (v *victim) exec(args ...string) string {
	v.s.t.Helper()
	r := v.s.requireOK(v.s.runc, append([]string{"exec", v.id, "/bin/busybox"}, args...)...)
	return strings.TrimSpace(r.stdout)
}

// breakRecord writes into the container's record what is none.
func (v *victim) breakRecord() {
	v.s.t.Helper()
	file := filepath.Join(v.bundle, "unbusy.json")
	if _, err := os.Stat(file); err != nil {
		v.s.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		v.s.t.Fatal(err)
	}
}
