package mountns

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/unbusy/unbusy/internal/linux"
	"golang.org/x/sys/unix"
)

// Enter runs f inside the namespace, on an operating system thread that has the
// namespace's root for its root and working directory and ends with f. The error
// is f's, or says that the namespace cannot be entered; a panic of f's comes out
// as one with a *Panic. Other goroutines, also those that f starts, stay where
// they are. /proc is the namespace's own inside, if it has one.
//
// With the thread ends what the thread has started and what was asked to end with it
// (prctl(2), PR_SET_PDEATHSIG), and any goroutine may have used the thread before: a
// process that starts such children does not call this, or keeps their threads bound.
//
// Entering takes CAP_SYS_ADMIN in the user namespace that owns the namespace and
// CAP_SYS_CHROOT (mntns_install in fs/namespace.c).
func (ns *Namespace) Enter(f func() error) error {
	return onThread(func() error {
		if err := linux.EnterMountNamespace(ns.fd); err != nil {
			return fmt.Errorf("enter %s: %w", ns, err)
		}
		return f()
	})
}

// enter is Enter for who needs the /proc that is mounted outside.
func (ns *Namespace) enter(f func(*procDir) error) error {
	fd, err := unix.Open("/proc", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: "/proc", Err: err}
	}
	defer unix.Close(fd)
	return ns.Enter(func() error { return f(&procDir{fd: fd}) })
}

// procDir is a /proc that is not necessarily mounted where we are.
type procDir struct {
	fd int
}

// thread is the directory of the calling thread. (thread-self came with Linux
// 3.17.)
func (*procDir) thread() string {
	return "self/task/" + strconv.Itoa(unix.Gettid())
}

// descriptor is the link to what a descriptor is of.
func (p *procDir) descriptor(fd int) string {
	return p.thread() + "/fd/" + strconv.Itoa(fd)
}

// readFile is os.ReadFile for a file in it.
func (p *procDir) readFile(name string) ([]byte, error) {
	fd, err := unix.Openat(p.fd, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: "/proc/" + name, Err: err}
	}
	f := os.NewFile(uintptr(fd), "/proc/"+name)
	defer f.Close()
	return io.ReadAll(f)
}
