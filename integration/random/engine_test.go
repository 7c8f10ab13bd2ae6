package random

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/victim"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

// run mounts what an engine mounts for a container, and records it as the runtime
// does at the container's start.
func (w *world) run() error {
	if err := w.mountRootfs(Rootfs, layer, w.topology.TmpfsRoot); err != nil {
		return err
	}
	if err := unix.Mount("shm", w.path(Shm), "tmpfs", 0, "size=64k"); err != nil {
		return os.NewSyscallError("mount", err)
	}
	if err := w.pin(); err != nil {
		return err
	}
	lister := mountns.NewLister()
	if w.topology.Proc {
		lister = mountns.NewProcLister()
	}
	owned, err := victim.Own(lister, cleanup.Container{
		ID: identity, Rootfs: w.path(Rootfs), Shm: w.path(Shm), Network: w.path(Netns), Sandbox: true,
	}, func([]mount.Mount) []spec.Area {
		return []spec.Area{
			{Root: w.path(Docker), Owner: "overlay2/*"}, {Root: w.path(Docker), Owner: "containers/*"},
			{Root: w.path(NetnsDir), Owner: "*"},
		}
	})
	if err != nil {
		return err
	}
	r := &run{owned: owned}
	w.runs, w.swept = append(w.runs, r), r
	all, err := look(w.namespaces[:1])
	if err != nil {
		return err
	}
	for _, o := range []*original{{kind: cleanup.Rootfs, at: Rootfs}, {kind: cleanup.Shm, at: Shm}, {kind: cleanup.Netns, at: Netns}} {
		o.path = w.path(o.at)
		if o.id, err = linux.UniqueMountIDAt(o.path); err != nil {
			return err
		}
		s := all[o.id]
		if s == nil {
			return fmt.Errorf("%s is not where it was mounted", o.path)
		}
		o.device, o.root = s.device, s.root
		o.on, o.onOK = all.on(s)
		if o.kind != cleanup.Netns {
			if o.watch, err = linux.WatchUnmount(o.path, o.id); err != nil {
				return err
			}
		}
		r.originals = append(r.originals, o)
	}
	if len(owned) != len(r.originals) {
		return fmt.Errorf("of the container's mounts, these were found: %+v", owned)
	}
	return nil
}

// mountRootfs mounts a root file system with a directory in it.
func (w *world) mountRootfs(at Place, id string, tmpfs bool) error {
	target := w.path(at)
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	if tmpfs {
		if err := unix.Mount("thin", target, "tmpfs", 0, "size=64k"); err != nil {
			return os.NewSyscallError("mount", err)
		}
		return os.Mkdir(target+"/in", 0o755)
	}
	dir := w.path(Layers) + "/" + id
	for _, name := range []string{"lower/in", "diff", "work"} {
		if err := os.MkdirAll(dir+"/"+name, 0o755); err != nil {
			return err
		}
	}
	options := "lowerdir=" + dir + "/lower,upperdir=" + dir + "/diff,workdir=" + dir + "/work"
	return os.NewSyscallError("mount", unix.Mount("overlay", target, "overlay", 0, options))
}

// pin binds a namespace to a file, as engines do with network namespaces. One of
// host names is made faster.
func (w *world) pin() error {
	a := newAgent()
	if err := a.do(func() error {
		if err := unix.Unshare(unix.CLONE_NEWUTS); err != nil {
			return os.NewSyscallError("unshare", err)
		}
		const link = "/proc/thread-self/ns/uts"
		// Kept, its number is not given to that of the next run: nothing but that and
		// the age tells them apart.
		fd, err := unix.Open(link, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return os.NewSyscallError("open", err)
		}
		w.files = append(w.files, fd)
		return os.NewSyscallError("mount", unix.Mount(link, w.path(Netns), "", unix.MS_BIND, ""))
	}); err != nil {
		return errors.Join(err, a.end())
	}
	return a.end()
}

// unmount is what an engine does at the end of a run: plainly, and lazily if
// something is in use. What it finds is another mount it leaves alone.
func (w *world) unmount(r *run) {
	for _, o := range r.originals {
		if id, err := linux.UniqueMountIDAt(o.path); err != nil || id != o.id {
			continue
		}
		if unix.Unmount(o.path, 0) != nil {
			// What is mounted on it goes along.
			_ = unix.Unmount(o.path, unix.MNT_DETACH)
		}
	}
}
