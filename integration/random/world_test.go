package random

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// world is where one topology is built: a file system of its own on a host whose
// engine is a process that has nothing of dockerd but the name.
type world struct {
	dir     string // where it is mounted
	dockerd string // a program of that name
	before  sights // what is mounted on the host without it
	host    *namespace

	topology   Topology
	namespaces []*namespace // the host's first
	agents     map[int]*agent
	files      []int
	// runs are those of the container, and others the other containers.
	runs   []*run
	others int
	swept  *run
	// detached says that somebody may keep a tree of mounts that is in no namespace,
	// and the container's among them, by something that is not the container's. Nobody
	// can look into that.
	detached bool
}

// newWorld makes the world of a topology. The caller ends it.
func newWorld(dir, dockerd string, t Topology) (*world, error) {
	w := &world{dir: dir, dockerd: dockerd, topology: t, agents: make(map[int]*agent)}
	host, err := newNamespace("where the engine is", "/proc/self/ns/mnt")
	if err != nil {
		return nil, err
	}
	host.engine = true
	w.host, w.namespaces = host, []*namespace{host}
	if w.before, err = look(w.namespaces); err != nil {
		return nil, err
	}
	if err := w.make(); err != nil {
		return nil, errors.Join(err, w.end())
	}
	return w, nil
}

func (w *world) make() error {
	if err := unix.Mount("world", w.dir, "tmpfs", 0, "size=1m"); err != nil {
		return os.NewSyscallError("mount", err)
	}
	// Only what is in the world is shared, so that nothing that is done to a copy of
	// the rest takes that along.
	if err := unix.Mount("", w.dir, "", unix.MS_SHARED, ""); err != nil {
		return os.NewSyscallError("mount", err)
	}
	for _, p := range directories {
		if err := os.MkdirAll(w.path(p), 0o755); err != nil {
			return err
		}
	}
	for _, p := range files {
		if err := os.WriteFile(w.path(p), nil, 0o644); err != nil {
			return err
		}
	}
	if w.topology.Home != "" {
		dir := w.path(Docker)
		if err := unix.Mount(dir, dir, "", unix.MS_BIND, ""); err != nil {
			return os.NewSyscallError("mount", err)
		}
		if err := unix.Mount("", dir, "", w.topology.Home.flag(), ""); err != nil {
			return os.NewSyscallError("mount", err)
		}
	}
	a := newAgent()
	a.in = w.host
	w.agents[0] = a
	return a.do(func() error { return os.NewSyscallError("unshare", unix.Unshare(unix.CLONE_FS)) })
}

// path is that of a place, for everybody who has not changed his root.
func (w *world) path(p Place) string {
	if p == Root {
		return "/"
	}
	return filepath.Join(w.dir, string(p))
}

func (p Propagation) flag() uintptr {
	switch p {
	case Slave:
		return unix.MS_SLAVE
	case Shared:
		return unix.MS_SHARED
	case Unbindable:
		return unix.MS_UNBINDABLE
	default:
		return unix.MS_PRIVATE
	}
}

// end takes everything away, and makes sure that the host is what it was.
func (w *world) end() error {
	var errs []error
	for _, a := range w.agents {
		errs = append(errs, a.end())
	}
	for _, fd := range w.files {
		unix.Close(fd)
	}
	for _, r := range w.runs {
		r.close()
	}
	// What is bound here from the rest of the host must not take that along.
	for range 100 {
		if unix.Mount("", w.dir, "", unix.MS_REC|unix.MS_PRIVATE, "") != nil || unix.Unmount(w.dir, unix.MNT_DETACH) != nil {
			break
		}
	}
	now, err := look(w.namespaces[:1])
	errs = append(errs, err)
	for id, s := range w.before {
		if difference := s.difference(now[id]); difference != "" {
			errs = append(errs, fmt.Errorf("%s %s", s, difference))
		}
	}
	for id, s := range now {
		if w.before[id] == nil {
			errs = append(errs, fmt.Errorf("%s is left", s))
		}
	}
	return errors.Join(errs...)
}

// original is one of a container's mounts as its engine made it.
type original struct {
	kind   cleanup.Kind
	at     Place
	path   string
	id     uint64 // unique
	device string
	root   string
	on     point
	onOK   bool
	watch  *linux.UnmountWatch // nil for a namespace, which is in nobody's superblock
	ended  bool
}

// gone reports whether the superblock has ended.
func (o *original) gone() bool {
	o.ended = o.ended || o.watch != nil && o.watch.Gone()
	return o.ended
}

// is reports whether a mount is of the same superblock. The number of one that
// has ended is somebody else's.
func (o *original) is(s *sight) bool {
	if s.device != o.device || o.gone() {
		return false
	}
	return o.watch != nil || s.root == o.root && s.id >= o.id
}

// tail is the part of a place from its mount area down.
func (o *original) tail() string { return strings.TrimPrefix(string(o.at), "docker/") }

// run is one life of the container.
type run struct {
	originals []*original
	owned     []cleanup.Owned
}

func (r *run) close() {
	for _, o := range r.originals {
		if o.watch != nil {
			o.watch.Close()
		}
	}
}

// look reads everything that is mounted, and tells the container's from the rest.
// That has to be done at once: a superblock can end at any time.
func (w *world) look() (sights, error) {
	for _, a := range w.agents {
		if a.engine && !a.ended {
			a.in.engine = true // none of them ends any more
		}
	}
	all, err := look(w.namespaces)
	if err != nil || w.swept == nil {
		return all, err
	}
	for _, s := range all {
		for _, o := range w.swept.originals {
			if o.is(s) {
				s.of = o
			}
		}
	}
	return all, nil
}
