package random

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// errNobody is the error for a step of somebody who is not there.
var errNobody = errors.New("nobody is there")

// perform does a step. Much is impossible, which is an error and changes little.
func (w *world) perform(s Step) error {
	switch s.Op {
	case Run:
		return w.run()
	case RunOther:
		w.others++
		if w.others > 1 {
			return nil
		}
		return w.mountRootfs(OtherFS, other, w.topology.TmpfsRoot)
	case Rerun:
		if w.swept == nil {
			return errNobody
		}
		old := w.runs[len(w.runs)-1]
		w.unmount(old)
		err := w.run()
		if s.Also {
			w.swept = old
		}
		return err
	default:
		return w.performBy(s)
	}
}

// performBy does a step of an agent's.
func (w *world) performBy(s Step) error {
	a := w.agents[s.By]
	if a == nil || a.ended {
		return errNobody
	}
	switch s.Op {
	case Unshare:
		return w.unshare(a, s)
	case Join:
		b := newAgent()
		w.agents[s.Makes] = b
		b.in = a.in
		return b.enter(a.link())
	case Leave:
		return w.leave(a, s.Also)
	case Engine:
		return a.do(func() error {
			p, err := start(w.dockerd, &syscall.SysProcAttr{})
			if err == nil {
				a.processes = append(a.processes, p)
				a.engine = true
			}
			return err
		})
	default:
		return a.do(func() error { return w.act(a, s) })
	}
}

// unshare makes an agent with a namespace of its own.
func (w *world) unshare(from *agent, s Step) error {
	a := newAgent()
	w.agents[s.Makes] = a
	if s.Also {
		err := from.do(func() error {
			p, err := start("/bin/cat", userNamespace())
			if err == nil {
				a.processes = append(a.processes, p)
			}
			return err
		})
		if err != nil {
			return errors.Join(err, a.end())
		}
		if err := a.enter("/proc/" + strconv.Itoa(a.processes[0].cmd.Process.Pid) + "/ns/mnt"); err != nil {
			return errors.Join(err, a.end())
		}
	} else {
		if err := a.enter(from.link()); err != nil {
			return errors.Join(err, a.end())
		}
		if err := a.do(func() error { return unix.Unshare(unix.CLONE_NEWNS) }); err != nil {
			return errors.Join(err, a.end())
		}
	}
	ns, err := newNamespace(fmt.Sprintf("the namespace of agent %d", s.Makes), a.link())
	if err != nil {
		return errors.Join(err, a.end())
	}
	ns.user = s.Also
	ns.locked = s.Also || from.in.locked
	a.in = ns
	w.namespaces = append(w.namespaces, ns)
	if s.How == Unchanged {
		return nil
	}
	return a.do(func() error { return unix.Mount("", "/", "", unix.MS_REC|s.How.flag(), "") })
}

// leave ends an agent and keeps its namespace.
func (w *world) leave(a *agent, bound bool) error {
	if bound {
		if err := unix.Mount(a.link(), w.path(File), "", unix.MS_BIND, ""); err != nil {
			return os.NewSyscallError("mount", err)
		}
		return a.end()
	}
	fd, err := unix.Open(a.link(), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	w.files = append(w.files, fd)
	return a.end()
}

// act is what an agent's own thread does.
func (w *world) act(a *agent, s Step) error {
	from, to := w.path(s.From), w.path(s.To)
	rec := uintptr(0)
	if s.Also {
		rec = unix.MS_REC
	}
	switch s.Op {
	case Propagate:
		return unix.Mount("", to, "", s.How.flag()|rec, "")
	case Bind:
		return unix.Mount(from, to, "", unix.MS_BIND|rec, "")
	case Move:
		return unix.Mount(from, to, "", unix.MS_MOVE, "")
	case Cover:
		return unix.Mount("cover", to, "tmpfs", 0, "size=4k")
	case Unmount:
		w.detached = w.detached || a.in.locked
		return unix.Unmount(to, unix.MNT_DETACH)
	case Chroot:
		a.apart = true
		if err := unix.Chroot(to); err != nil {
			return err
		}
		return unix.Chdir("/")
	case Pivot:
		a.apart = true
		// The mounts of an old root stay together if they are locked, as long as
		// somebody runs a program from there (disconnect_mount in fs/namespace.c).
		w.detached = w.detached || s.Also && a.in.locked
		return w.pivot(from, to, s.Also)
	case Stay:
		return unix.Chdir(to)
	case Open:
		fd, err := unix.Open(to, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == nil {
			w.files = append(w.files, fd)
		}
		return err
	case Clone:
		fd, err := unix.OpenTree(unix.AT_FDCWD, from, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
		if err == nil {
			w.files = append(w.files, fd)
			w.detached = w.detached || s.From == Docker
		}
		return err
	default:
		return fmt.Errorf("%s: who is to do that?", s)
	}
}

// pivot moves a namespace's root, as runtimes do for containers.
func (w *world) pivot(from, to string, alone bool) error {
	// None of the mounts concerned may be shared (pivot_root(2)).
	for _, dir := range []string{"/", w.dir} {
		if err := unix.Mount("", dir, "", unix.MS_PRIVATE, ""); err != nil {
			return err
		}
	}
	if err := unix.Mount(from, to, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return err
	}
	if err := unix.Mount("", to, "", unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := unix.Chdir(to); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return err
	}
	if alone {
		// The world's mounts are not to go with it.
		if err := unix.Mount("", ".", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
			return err
		}
		if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
			return err
		}
	}
	return unix.Chdir("/")
}
