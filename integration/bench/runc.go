package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/unbusy/unbusy/integration/bench/result"
	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/toolbox"
)

// lives compares a container's life by runc alone with one by unbusy-runtime and
// runc: three commands, as an engine calls them.
func (b *bench) lives() *result.Part {
	h := host.New(b.t)
	tools, err := toolbox.Get(context.Background(), "runc-1.5")
	if err != nil {
		b.t.Fatalf("%v", err)
	}
	runc := h.Installed(filepath.Join(tools, "runc"), "bin")
	wrapper := h.Installed(b.program("unbusy-runtime"), "bin")
	r := &runtimes{bundle: h.Dir("bundle"), root: h.Dir("runc"), path: "PATH=" + filepath.Dir(runc) + ":" + os.Getenv("PATH")}
	if err := r.prepare(h.Cgroup("life")); err != nil {
		b.t.Fatalf("prepare a bundle: %v", err)
	}
	d, err := fight(b.rounds,
		func() error { return r.live(runc) },
		func() error { return r.live(wrapper) })
	if err != nil {
		b.t.Fatalf("%v", err)
	}
	return &result.Part{Tables: []result.Table{{
		Title:   "A container's life, one command of the runtime after the other",
		Columns: duelColumns, Rows: [][]string{d.row("runc create, start and delete")},
	}}, Bounds: []result.Bound{d.bound("runc create, start and delete through unbusy-runtime", 1.06)}}
}

// runtimes is what both runtimes run.
type runtimes struct {
	bundle, root, path string
}

// prepare makes a bundle with a container that ends at once.
func (r *runtimes) prepare(cgroup string) error {
	for _, sub := range []string{"rootfs/bin", "rootfs/dev", "rootfs/proc"} {
		if err := os.MkdirAll(filepath.Join(r.bundle, sub), 0o755); err != nil {
			return err
		}
	}
	if out, err := exec.Command("cp", "/bin/busybox", filepath.Join(r.bundle, "rootfs/bin/busybox")).CombinedOutput(); err != nil {
		return fmt.Errorf("copy busybox: %w: %s", err, out)
	}
	text, err := json.Marshal(specs.Spec{
		Version: "1.0.2",
		Process: &specs.Process{Args: []string{"/bin/busybox", "true"}, Env: []string{"PATH=/bin"}, Cwd: "/"},
		Root:    &specs.Root{Path: "rootfs"},
		Mounts: []specs.Mount{
			{Destination: "/proc", Type: "proc", Source: "proc"},
			{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "mode=755"}},
		},
		Linux: &specs.Linux{CgroupsPath: cgroup, Namespaces: []specs.LinuxNamespace{
			{Type: specs.PIDNamespace}, {Type: specs.MountNamespace}, {Type: specs.IPCNamespace}, {Type: specs.UTSNamespace},
		}},
	})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.bundle, "config.json"), text, 0o644)
}

// live has the container live once.
func (r *runtimes) live(runtime string) error {
	for _, args := range [][]string{
		{"create", "--bundle", r.bundle, "life"}, {"start", "life"}, {"delete", "--force", "life"},
	} {
		cmd := exec.Command(runtime, append([]string{"--root", r.root}, args...)...)
		cmd.Dir = r.bundle
		cmd.Env = append(os.Environ(), r.path)
		// What a pipe would be for, the container's process keeps open.
		said, err := os.OpenFile(filepath.Join(r.root, "..", "said"), os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o644)
		if err != nil {
			return err
		}
		cmd.Stdout, cmd.Stderr = said, said
		err = cmd.Run()
		said.Close()
		if err != nil {
			text, _ := os.ReadFile(said.Name()) // it is only said beside the error
			return fmt.Errorf("%s %s: %w: %s", filepath.Base(runtime), args[0], err, text)
		}
	}
	return nil
}
