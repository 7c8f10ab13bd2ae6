package taskapi

import (
	"context"
	"os"
	"path/filepath"

	task "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/containerd/api/types"
	"github.com/containerd/containerd/api/types/runc/options"
	"github.com/opencontainers/runtime-spec/specs-go"
)

var creating = []situation{
	{"a container", func(r *run) {
		pid := r.create()
		r.noteFile(filepath.Join(r.bundle(first), "options.json"))
		r.noteFile(filepath.Join(r.bundle(first), "runtime"))
		r.noteLeft()
		r.state("")
		r.note("its parent is the shim: %v", parent(r.t, pid) == r.shim.pid)
	}, nil},
	{"with a directory for its root", func(r *run) {
		r.writeSpec(r.t, first, func(s *specs.Spec) { s.Root = &specs.Root{Path: r.rootfs, Readonly: true} })
		r.launch(func(q *task.CreateTaskRequest) { q.Rootfs = nil })
		r.noteLeft()
	}, nil},
	{"with the host's root bound", func(r *run) {
		// Ours changes this one's specification.
		r.writeSpec(r.t, first, hostBound)
		r.launch()
		r.noteLeft()
		r.stop()
		r.delete("")
	}, nil},
	{"with all options", func(r *run) {
		wrapper := r.path("wrapper")
		writeProgram(r.t, wrapper, "#!/bin/sh\necho \"$1 $2 $3\" >>"+r.path("words")+"\nexec "+r.runc+"/runc \"$@\"\n")
		r.launch(r.withOptions(&options.Options{
			NoPivotRoot: true, NoNewKeyring: true, BinaryName: wrapper, Root: r.path("state"),
			CriuImagePath: r.path("image"), CriuWorkPath: r.path("work"), ShimCgroup: "/only/start/minds",
		}))
		r.noteFile(filepath.Join(r.bundle(first), "options.json"))
		r.noteFile(filepath.Join(r.bundle(first), "runtime"))
		r.stop()
		r.delete("")
		r.noteFile(r.path("words"))
	}, nil},
	{"that runs out of memory", func(r *run) {
		limit := int64(8 << 20)
		r.writeSpec(r.t, first, running("tail", "/dev/zero"), func(s *specs.Spec) {
			s.Linux.Resources = &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: &limit, Swap: &limit}}
		})
		r.launch()
		r.events.outOfMemory(r.t, first)
		r.wait("")
	}, nil},
}

// failedOpen is what our shim logs if it cannot look at a specification.
const failedOpen = "the container starts as it would without unbusy"

var failingToCreate = []situation{
	{"twice", func(r *run) {
		r.create()
		r.create()
		r.state("")
	}, nil},
	{"without a namespace", func(r *run) { r.createIn(context.Background(), first) }, nil},
	{"without an id", func(r *run) { r.create(func(q *task.CreateTaskRequest) { q.ID = "" }) }, nil},
	{"with an id that is a path", func(r *run) { r.create(func(q *task.CreateTaskRequest) { q.ID = "../" + first }) }, nil},
	{"without a bundle", func(r *run) {
		r.create(func(q *task.CreateTaskRequest) { q.Bundle = r.path("nothing") })
		r.create(func(q *task.CreateTaskRequest) { q.Bundle = r.path("nothing"); q.Rootfs = nil })
		r.state("")
	}, []string{failedOpen}},
	{"without a specification", func(r *run) {
		if err := os.Remove(filepath.Join(r.bundle(first), "config.json")); err != nil {
			r.t.Fatal(err)
		}
		r.create()
		r.noteLeft()
	}, []string{failedOpen}},
	{"with a broken specification", func(r *run) {
		if err := os.WriteFile(filepath.Join(r.bundle(first), "config.json"), []byte(`{"ociVersion": 7`), 0o666); err != nil {
			r.t.Fatal(err)
		}
		r.create()
		r.noteLeft()
	}, []string{failedOpen}},
	{"with a specification that has nothing", func(r *run) {
		if err := os.WriteFile(filepath.Join(r.bundle(first), "config.json"), []byte(`{}`), 0o666); err != nil {
			r.t.Fatal(err)
		}
		r.create()
		r.noteLeft()
	}, nil},
	{"with broken options", func(r *run) {
		broken := envelope(r.t, &options.Options{})
		broken.Value = []byte{0xff}
		r.create(func(q *task.CreateTaskRequest) { q.Options = broken })
		r.noteLeft()
	}, nil},
	{"with options of an unknown type", func(r *run) {
		r.create(func(q *task.CreateTaskRequest) { q.Options = r.json("unbusy.test/Options", "none") })
		r.noteLeft()
	}, nil},
	{"with a runtime that is not there", func(r *run) {
		r.create(r.withOptions(&options.Options{BinaryName: "no-such-runtime"}))
		r.create(r.withOptions(&options.Options{BinaryName: r.path("no-such-runtime")}))
		r.noteLeft()
		r.state("")
		r.create()
	}, nil},
	{"with a runtime that fails", func(r *run) {
		r.create(r.withOptions(&options.Options{BinaryName: "/bin/false"}))
		r.noteLeft()
		r.create()
	}, nil},
	{"with a program that is not there", func(r *run) {
		r.writeSpec(r.t, first, running("no-such-program"))
		r.create()
		r.noteLeft()
		r.state("")
	}, nil},
	{"with a root file system that cannot be mounted", func(r *run) {
		r.create(func(q *task.CreateTaskRequest) {
			q.Rootfs = append(q.Rootfs, &types.Mount{Type: "no-such-type", Source: "none", Options: []string{"ro"}})
		})
		r.noteLeft()
	}, nil},
	{"with systemd's cgroups", func(r *run) { r.create(r.withOptions(&options.Options{SystemdCgroup: true})) }, nil},
	{"from a checkpoint", func(r *run) {
		// What is wrong with it is found when it is started.
		r.create(func(q *task.CreateTaskRequest) {
			q.Checkpoint, q.ParentCheckpoint = r.path("checkpoint"), r.path("parent")
		})
		r.state("")
		r.start("")
		r.state("")
		r.exec("second", "true")
		r.delete("")
	}, nil},
	{"with a time limit that is over", func(r *run) {
		r.createIn(r.limited(1), first)
		r.noteLeft()
	}, nil},
}

// hostBound gives a container the host's files, with a private copy of every
// mount there is.
func hostBound(s *specs.Spec) {
	s.Mounts = append(s.Mounts, specs.Mount{Destination: "/host", Source: "/", Options: []string{"rbind", "rprivate"}})
}
