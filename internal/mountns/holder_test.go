package mountns

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func requireRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root; `make test` runs it as root as well")
	}
}

// requireWalk returns the Lister that lets the kernel walk. Where it should and
// does not, the test fails.
func requireWalk(t testing.TB) *Lister {
	t.Helper()
	requireRoot(t)
	l := NewLister()
	if l.Proc() {
		var name unix.Utsname
		if err := unix.Uname(&name); err != nil {
			t.Fatal(err)
		}
		t.Fatalf("no walk of the namespaces on %s: it takes Linux 6.12, the initial pid namespace and two mount namespaces",
			unix.ByteSliceToString(name.Release[:]))
	}
	return l
}

// hold starts a process that is there until it is killed, at the latest until
// this one is gone, and then has its standard input closed.
func hold(t testing.TB, attr *syscall.SysProcAttr) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/bin/cat")
	cmd.SysProcAttr = attr
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(cmd) })
	return cmd
}

// end kills a process and waits until it is gone, and with it what only it held.
func end(cmd *exec.Cmd) {
	_ = cmd.Process.Kill() // it may have been ended by the test
	_ = cmd.Wait()
}

// privateNamespace are the attributes of a process in a mount namespace of its
// own, that shares nothing with ours.
func privateNamespace() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
}

// userNamespace are those of one that is root in a user namespace of its own and
// nobody outside: unshare -Ur -m.
func userNamespace() *syscall.SysProcAttr {
	ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}}
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: ids, GidMappings: ids,
	}
}

// link is the namespace link of a process.
func link(cmd *exec.Cmd) string {
	return "/proc/" + strconv.Itoa(cmd.Process.Pid) + "/ns/mnt"
}

// inodeOf is the inode number of the namespace of a process.
func inodeOf(t testing.TB, cmd *exec.Cmd) uint64 {
	t.Helper()
	inode, err := linkedNamespace(link(cmd))
	if err != nil {
		t.Fatal(err)
	}
	return inode
}

// idOf identifies the namespace of a process, and does not hold it.
func idOf(t testing.TB, cmd *exec.Cmd) ID {
	t.Helper()
	ns, err := NewProcLister().openNamespace(link(cmd))
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Close()
	return ns.ID
}

// open opens the namespace of a process, as a Lister would return it.
func open(t testing.TB, l *Lister, cmd *exec.Cmd) *Namespace {
	t.Helper()
	ns, err := l.openNamespace(link(cmd))
	if err != nil {
		t.Fatal(err)
	}
	if l.Proc() {
		pid := strconv.Itoa(cmd.Process.Pid)
		ns.views = []view{{threads: []string{pid + "/task/" + pid}}}
	}
	t.Cleanup(func() { ns.Close() })
	return ns
}

// newNamespace makes a namespace with a process in it.
func newNamespace(t testing.TB, l *Lister) *Namespace {
	t.Helper()
	return open(t, l, hold(t, privateNamespace()))
}

// in runs f in a namespace and ends the test if it fails.
func in(t testing.TB, ns *Namespace, f func() error) {
	t.Helper()
	if err := ns.Enter(f); err != nil {
		t.Fatal(err)
	}
}

// dirs makes directories of a fresh one, which has no symbolic link in its path.
func dirs(t testing.TB, names ...string) string {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.MkdirAll(filepath.Join(top, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return top
}

// mountTmpfs mounts a file system with the given source.
func mountTmpfs(source, dir string) error {
	return os.NewSyscallError("mount", unix.Mount(source, dir, "tmpfs", 0, "size=4k"))
}

// bind binds a file or directory.
func bind(from, to string, more uintptr) error {
	return os.NewSyscallError("mount", unix.Mount(from, to, "", unix.MS_BIND|more, ""))
}

// propagate changes the propagation of a mount.
func propagate(dir string, how uintptr) error {
	return os.NewSyscallError("mount", unix.Mount("", dir, "", how, ""))
}

// at returns the mounts at a path.
func at(t testing.TB, ns *Namespace, path string) []Mount {
	t.Helper()
	mounts, err := ns.Mounts(Query{})
	if err != nil {
		t.Fatal(err)
	}
	var found []Mount
	for _, m := range mounts {
		if m.Path == path {
			found = append(found, m)
		}
	}
	return found
}

// only returns the one mount at a path.
func only(t testing.TB, ns *Namespace, path string) Mount {
	t.Helper()
	found := at(t, ns, path)
	if len(found) != 1 {
		t.Fatalf("%d mounts at %s: %v", len(found), path, found)
	}
	return found[0]
}

// look runs the test binary as a child and returns what it sees.
func look(t testing.TB, attr *syscall.SysProcAttr) sight {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return lookWith(t, program, attr)
}

// forEveryone is a copy of the test binary that ordinary users may execute.
func forEveryone(t testing.TB) string {
	t.Helper()
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	dir := dirs(t)
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "test")
	if err := os.WriteFile(program, self, 0o755); err != nil {
		t.Fatal(err)
	}
	return program
}

// lookWith is look with a copy of the test binary.
func lookWith(t testing.TB, program string, attr *syscall.SysProcAttr) sight {
	t.Helper()
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), asChild+"=1")
	cmd.SysProcAttr = attr
	output, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%v: %s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var s sight
	if err := json.Unmarshal(output, &s); err != nil {
		t.Fatalf("%v: %q", err, output)
	}
	return s
}
