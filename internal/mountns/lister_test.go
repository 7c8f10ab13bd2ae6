package mountns

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/internal/linux"
)

// inodes returns the namespaces that a Lister finds. No namespace may come
// twice.
func inodes(t *testing.T, l *Lister) []uint64 {
	t.Helper()
	var found []uint64
	for ns, err := range l.All() {
		if err != nil {
			t.Logf("searching /proc %v: %v", l.Proc(), err) // of others, who are there as well
			continue
		}
		if slices.Contains(found, ns.Inode) {
			t.Errorf("searching /proc %v: %s twice", l.Proc(), ns)
		}
		found = append(found, ns.Inode)
	}
	return found
}

// onOwnThread runs setup on a thread that stays until the test ends.
func onOwnThread(t *testing.T, setup func() (uint64, error)) uint64 {
	t.Helper()
	ready, leave, gone := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var (
		inode uint64
		err   error
	)
	go func() {
		defer close(gone)
		_ = onThread(func() error {
			inode, err = setup()
			close(ready)
			<-leave
			return nil
		})
	}()
	<-ready
	t.Cleanup(func() {
		close(leave)
		<-gone
	})
	if err != nil {
		t.Fatal(err)
	}
	return inode
}

// threadNamespace is that of a thread that does not lead its process.
func threadNamespace(t *testing.T) uint64 {
	return onOwnThread(t, func() (uint64, error) {
		if err := unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS); err != nil {
			return 0, os.NewSyscallError("unshare", err)
		}
		return linkedNamespace("/proc/thread-self/ns/mnt")
	})
}

// boundNamespace is only bound to a file in another namespace, below a directory
// whose name has to be escaped in the mount table.
func boundNamespace(t *testing.T) uint64 {
	outer, inner := nested(t)
	file := filepath.Join(dirs(t, "b o\\u\nnd"), "b o\\u\nnd", "ns")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	in(t, outer, func() error { return bind(link(inner[0]), file, 0) })
	inode := inodeOf(t, inner[0])
	end(inner[0])
	return inode
}

// nested makes a namespace and processes in two more that can be bound in it.
// The kernel binds namespaces only where the number is lower (mnt_ns_loop in
// fs/namespace.c), and numbers rise only on one and the same CPU.
func nested(t *testing.T) (outer *Namespace, inner [2]*exec.Cmd) {
	t.Helper()
	err := onThread(func() error {
		var all, one unix.CPUSet
		if err := unix.SchedGetaffinity(0, &all); err != nil {
			return os.NewSyscallError("sched_getaffinity", err)
		}
		for cpu := 0; one.Count() == 0; cpu++ {
			if all.IsSet(cpu) {
				one.Set(cpu)
			}
		}
		if err := unix.SchedSetaffinity(0, &one); err != nil {
			return os.NewSyscallError("sched_setaffinity", err)
		}
		// The children of a thread run where that does.
		outer = newNamespace(t, NewProcLister())
		for i := range inner {
			inner[i] = hold(t, privateNamespace())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return outer, inner
}

// errorsFor returns what a Lister could not see that has to do with a path or
// namespace, and whether it found a namespace.
func errorsFor(l *Lister, id ID, about string) (found bool, errs []error) {
	for ns, err := range l.All() {
		switch {
		case err == nil:
			found = found || ns.Same(id)
		case strings.Contains(err.Error(), about):
			errs = append(errs, err)
		}
	}
	return found, errs
}

// TestBoundUnreachable binds a namespace where it cannot be opened safely: the
// kernel finds it all the same, and /proc says that something is missing.
func TestBoundUnreachable(t *testing.T) {
	walk := requireWalk(t)
	for _, test := range []struct {
		name  string
		cover func(t *testing.T, file string, other *exec.Cmd) error
	}{
		{"covered by another one", func(_ *testing.T, file string, other *exec.Cmd) error {
			return bind(link(other), file, 0)
		}},
		{"below a FUSE that does not answer", func(t *testing.T, file string, _ *exec.Cmd) error {
			return mountSilentFUSE(t, filepath.Dir(file))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			outer, inner := nested(t)
			file := filepath.Join(dirs(t, "dir"), "dir", "ns")
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			in(t, outer, func() error {
				return errors.Join(bind(link(inner[0]), file, 0), test.cover(t, file, inner[1]))
			})
			id, other := idOf(t, inner[0]), idOf(t, inner[1])
			end(inner[0])
			end(inner[1])
			if found, _ := errorsFor(walk, id, file); !found {
				t.Error("the walk did not come to it")
			}
			found, errs := errorsFor(NewProcLister(), id, file)
			// Somebody else's walk has each namespace open for a moment.
			for tries := 1; found && tries < 20; tries++ {
				found, errs = errorsFor(NewProcLister(), id, file)
			}
			if found || len(errs) != 1 || !errors.Is(errs[0], ErrIncomplete) {
				t.Errorf("in /proc: found %v, %v, want an error", found, errs)
			}
			if found, _ := errorsFor(NewProcLister(), other, file); found != (test.name == "covered by another one") {
				t.Errorf("the other one was found: %v", found)
			}
		})
	}
}

// mountSilentFUSE mounts a FUSE that never answers, until the test ends.
func mountSilentFUSE(t *testing.T, dir string) error {
	t.Helper()
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("open", err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	options := "fd=" + strconv.Itoa(fd) + ",rootmode=40000,user_id=0,group_id=0"
	return os.NewSyscallError("mount", unix.Mount("silent", dir, "fuse.kind", 0, options))
}

// TestBoundWithThreads binds namespaces in each other that processes are in as well.
func TestBoundWithThreads(t *testing.T) {
	requireRoot(t)
	outer, inner := nested(t)
	dir := dirs(t)
	var ids []ID
	for i, process := range inner {
		file := filepath.Join(dir, strconv.Itoa(i))
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		in(t, outer, func() error { return bind(link(process), file, 0) })
		ids = append(ids, idOf(t, process))
	}
	seen := make(map[uint64]int)
	for ns, err := range NewProcLister().All() {
		if err == nil {
			seen[ns.Inode]++
			if len(ns.views) == 0 || len(ns.views[0].threads) == 0 {
				for _, id := range ids {
					if ns.Same(id) {
						t.Errorf("%s is looked at through its file", ns)
					}
				}
			}
		}
	}
	for _, id := range append(ids, outer.ID) {
		if seen[id.Inode] != 1 {
			t.Errorf("%s was yielded %d times", id, seen[id.Inode])
		}
	}
}

// TestUnreadableThreads pretends that the namespace of a thread may not be read.
func TestUnreadableThreads(t *testing.T) {
	requireRoot(t)
	process := hold(t, privateNamespace())
	text, err := os.ReadFile("/proc/" + strconv.Itoa(process.Process.Pid) + "/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for _, known := range []bool{true, false} {
		var reported []error
		s := &searcher{
			yield:   func(_ *Namespace, err error) bool { reported = append(reported, err); return true },
			collect: true, unreadable: []Thread{{PID: process.Process.Pid, TID: process.Process.Pid}},
		}
		if known {
			s.remember(text)
		}
		s.reportUnreadable()
		if known != (len(reported) == 0) || !known && !errors.Is(reported[0], ErrIncomplete) {
			t.Errorf("its mounts are known %v: %v", known, reported)
		}
	}
}

// TestViews checks that a table is read once for each root directory, not for
// each thread.
func TestViews(t *testing.T) {
	requireRoot(t)
	l := NewProcLister()
	ns := newNamespace(t, l)
	in(t, ns, func() error { hold(t, nil); hold(t, nil); return nil })
	views := withProc(t, ns).views
	if len(views) != 1 || len(views[0].threads) < 3 {
		t.Errorf("%d views of three processes with one root: %+v", len(views), views)
	}
	jail(t, ns)
	if views := len(withProc(t, ns).views); views != 2 {
		t.Errorf("%d views of processes with two roots", views)
	}
}

// openedNamespace is only held by a descriptor.
func openedNamespace(t *testing.T) uint64 {
	inner := hold(t, privateNamespace())
	inode := inodeOf(t, inner)
	f, err := os.Open(link(inner))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	end(inner)
	return inode
}

// threadOpenedNamespace is only held by a descriptor of a thread that does not
// share its process' ones.
func threadOpenedNamespace(t *testing.T) uint64 {
	inner := hold(t, privateNamespace())
	inode := onOwnThread(t, func() (uint64, error) {
		if err := unix.Unshare(unix.CLONE_FILES); err != nil {
			return 0, os.NewSyscallError("unshare", err)
		}
		_, err := unix.Open(link(inner), unix.O_RDONLY, 0) // closed when the thread ends
		if err != nil {
			return 0, err
		}
		return linkedNamespace(link(inner))
	})
	end(inner)
	return inode
}

// jail starts a process in a namespace and with another root, a bind of the
// first one, and returns where that is.
func jail(t *testing.T, ns *Namespace) string {
	t.Helper()
	dir := filepath.Join(dirs(t, "jail"), "jail")
	in(t, ns, func() error {
		if err := bind("/", dir, unix.MS_REC); err != nil {
			return err
		}
		// The child of a thread starts where that is.
		hold(t, &syscall.SysProcAttr{Chroot: dir})
		return nil
	})
	return dir
}

// jailedNamespace has no process but one with another root.
func jailedNamespace(t *testing.T) uint64 {
	first := hold(t, privateNamespace())
	ns := open(t, NewProcLister(), first)
	jail(t, ns)
	end(first)
	return ns.Inode
}

func TestListersAgree(t *testing.T) {
	walk := requireWalk(t)
	proc := NewProcLister()
	for _, test := range []struct {
		name   string
		make   func(*testing.T) uint64
		inProc bool
	}{
		{"process", func(t *testing.T) uint64 { return inodeOf(t, hold(t, privateNamespace())) }, true},
		{"process in a user namespace", func(t *testing.T) uint64 { return inodeOf(t, hold(t, userNamespace())) }, true},
		{"thread", threadNamespace, true},
		{"bound", boundNamespace, true},
		{"descriptor", openedNamespace, true},
		{"jailed process", jailedNamespace, true},
		{"descriptor of a thread's", threadOpenedNamespace, false},
		{"our own", func(t *testing.T) uint64 {
			inode, err := linkedNamespace("/proc/self/ns/mnt")
			if err != nil {
				t.Fatal(err)
			}
			return inode
		}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			inode := test.make(t)
			if !slices.Contains(inodes(t, walk), inode) {
				t.Errorf("the walk did not come to %d", inode)
			}
			if slices.Contains(inodes(t, proc), inode) != test.inProc {
				t.Errorf("%d found in /proc: %v", inode, !test.inProc)
			}
			for _, l := range []*Lister{walk, proc} {
				ns, err := l.Open(ID{Inode: inode})
				if err != nil {
					if l == walk || test.inProc {
						t.Error(err)
					}
					continue
				}
				if ns.Inode != inode || ns.Unique == 0 {
					t.Errorf("opened %+v, want %d and a unique id", ns.ID, inode)
				}
				if mounts, err := ns.Mounts(Query{}); err != nil || len(mounts) == 0 {
					t.Errorf("%d mounts, %v", len(mounts), err)
				}
				ns.Close()
			}
		})
	}
}

func TestNamespacesEndWithTheLoop(t *testing.T) {
	requireRoot(t)
	before := openFiles(t)
	inner := hold(t, privateNamespace())
	id := idOf(t, inner)
	for _, l := range []*Lister{NewLister(), NewProcLister()} {
		for range 3 {
			inodes(t, l)
			for _, err := range l.All() {
				if err == nil {
					break
				}
			}
		}
	}
	end(inner)
	for _, l := range []*Lister{NewLister(), NewProcLister()} {
		// Somebody else who walks holds it for as long as he looks at it.
		for until := time.Now().Add(10 * time.Second); ; {
			ns, err := l.Open(id)
			if errors.Is(err, ErrNoNamespace) {
				break
			}
			if err == nil {
				ns.Close()
			}
			if time.Now().After(until) {
				t.Errorf("%v, %v after its process ended, want %v", ns, err, ErrNoNamespace)
				break
			}
		}
	}
	if after := openFiles(t); after != before {
		t.Errorf("%d namespaces open, %d before", after, before)
	}
}

// openFiles counts the descriptors of this process that are of mount namespaces.
func openFiles(t *testing.T) int {
	t.Helper()
	fds, err := linux.Numbers("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, fd := range fds {
		if _, err := linkedNamespace("/proc/self/fd/" + strconv.Itoa(fd)); err == nil {
			n++
		}
	}
	return n
}

func TestFile(t *testing.T) {
	requireRoot(t)
	l := NewLister()
	ns := newNamespace(t, l)
	f, err := ns.File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	again, err := l.FromFile(f)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if again.ID != ns.ID {
		t.Errorf("%+v is back as %+v", ns.ID, again.ID)
	}
	for _, path := range []string{"/proc/self/ns/uts", "/dev/null", "/"} {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if ns, err := l.FromFile(f); err == nil {
			t.Errorf("%s is the namespace %s", path, ns)
		}
	}
}

func TestChildPidNamespace(t *testing.T) {
	walk := requireWalk(t)
	inode := inodeOf(t, hold(t, privateNamespace()))
	s := look(t, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID})
	if !s.Proc {
		t.Error("it lets the kernel walk in a pid namespace of its own")
	}
	if !slices.Contains(s.Inodes, inode) {
		t.Errorf("it sees %v, %v, and not %d", s.Inodes, s.Errors, inode)
	}
	// The way is chosen, and no result of the environment this test runs in.
	// From a later namespace both are seen.
	if s := look(t, privateNamespace()); s.Proc != walk.Proc() || !slices.Contains(s.Inodes, inode) ||
		!slices.Contains(s.Inodes, linked(t, "/proc/self/ns/mnt")) {
		t.Errorf("outside it sees %+v", s)
	}
}

// TestNobody has what an ordinary user sees while there is a namespace of root's.
func TestNobody(t *testing.T) {
	requireRoot(t)
	inode := inodeOf(t, hold(t, privateNamespace()))
	s := lookWith(t, forEveryone(t), &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}})
	if !s.Proc || slices.Contains(s.Inodes, inode) || !slices.Contains(s.Inodes, linked(t, "/proc/self/ns/mnt")) {
		t.Errorf("%+v", s)
	}
	if len(s.Errors) != 1 || !strings.Contains(s.Errors[0], ErrIncomplete.Error()) {
		t.Errorf("%v, want %v", s.Errors, ErrIncomplete)
	}
}

func TestOrdinaryUser(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("needs an ordinary user; `make test` runs it as one as well")
	}
	l := NewLister()
	if !l.Proc() {
		t.Error("an ordinary user lets the kernel walk")
	}
	own, err := linkedNamespace("/proc/self/ns/mnt")
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for ns, err := range l.All() {
		if err != nil && !errors.Is(err, ErrIncomplete) {
			t.Error(err)
		}
		if err == nil && ns.Inode == own {
			found = true
		}
	}
	if !found {
		t.Errorf("our own namespace %d was not found", own)
	}
	if _, err := l.Init(); err != nil {
		t.Errorf("PID 1's: %v", err)
	}
}
