package mountns

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// sorted returns a table by id, without what only one of the readers knows.
func sorted(t *testing.T, ns *Namespace) []Mount {
	t.Helper()
	mounts, err := ns.Mounts(Query{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range mounts {
		mounts[i].UniqueID, mounts[i].UniqueParent = 0, 0
	}
	slices.SortFunc(mounts, func(a, b Mount) int { return cmp.Compare(a.OldID, b.OldID) })
	return mounts
}

// withProc is the same namespace, read by /proc.
func withProc(t *testing.T, ns *Namespace) *Namespace {
	t.Helper()
	found, err := NewProcLister().Open(ns.ID)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { found.Close() })
	return found
}

func TestTablesAgree(t *testing.T) {
	ns := newNamespace(t, requireWalk(t))
	odd := "o d\td\n\\134 ü"
	long := strings.Repeat(strings.Repeat("x", 200)+"/", 15)
	top := dirs(t, odd, "shared", "slave", "both", "unbindable", "ro", "covered", "moved", "gone", "fuse", long)
	for _, file := range []string{"file", "other", "uts"} {
		if err := os.WriteFile(filepath.Join(top, file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := func(name string) string { return filepath.Join(top, name) }
	in(t, ns, func() error {
		return errors.Join(
			mountTmpfs("a source", path(odd)),
			mountTmpfs(strings.Repeat("s", 4000), path(long)),
			mountTmpfs("", path("shared")),
			propagate(path("shared"), unix.MS_SHARED),
			bind(path("shared"), path("slave"), 0),
			propagate(path("slave"), unix.MS_SLAVE),
			bind(path("shared"), path("both"), 0),
			propagate(path("both"), unix.MS_SLAVE),
			propagate(path("both"), unix.MS_SHARED),
			mountTmpfs("unbindable", path("unbindable")),
			propagate(path("unbindable"), unix.MS_UNBINDABLE),
			bind(path("shared"), path("ro"), 0),
			unix.Mount("", path("ro"), "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""),
			mountTmpfs("lower", path("covered")),
			mountTmpfs("upper", path("covered")),
			bind(path("file"), path("other"), 0),
			bind("/proc/self/ns/uts", path("uts"), 0),
			mountSilentFUSE(t, path("fuse")),
			mountTmpfs("moved", path("gone")),
			unix.Mount(path("gone"), path("moved"), "", unix.MS_MOVE, ""),
		)
	})
	byNumber, byText := sorted(t, ns), sorted(t, withProc(t, ns))
	if !slices.Equal(byNumber, byText) {
		for _, pair := range [][2][]Mount{{byNumber, byText}, {byText, byNumber}} {
			for _, m := range pair[0] {
				if !slices.Contains(pair[1], m) {
					t.Errorf("only one has %+v", m)
				}
			}
		}
		t.Fatalf("%d mounts by number, %d by text", len(byNumber), len(byText))
	}

	shared, slave, both := only(t, ns, path("shared")), only(t, ns, path("slave")), only(t, ns, path("both"))
	if shared.PeerGroup == 0 || shared.Master != 0 {
		t.Errorf("shared: %+v", shared)
	}
	if slave.PeerGroup != 0 || slave.Master != shared.PeerGroup {
		t.Errorf("slave: %+v", slave)
	}
	if both.PeerGroup == 0 || both.PeerGroup == shared.PeerGroup || both.Master != shared.PeerGroup {
		t.Errorf("slave and shared: %+v", both)
	}
	if !only(t, ns, path("ro")).ReadOnly || shared.ReadOnly {
		t.Error("the wrong ones are read-only")
	}
	if m := only(t, ns, path(odd)); m.Source != "a source" || m.FSType != "tmpfs" || m.Root != "/" {
		t.Errorf("%+v", m)
	}
	if m := only(t, ns, path("other")); !strings.HasSuffix(m.Root, "/file") {
		t.Errorf("%+v", m)
	}
	if m := only(t, ns, path("uts")); m.FSType != "nsfs" || !strings.HasPrefix(m.Root, "uts:[") {
		t.Errorf("%+v", m)
	}
	if m := only(t, ns, path("fuse")); m.FSType != "fuse.kind" {
		t.Errorf("%+v", m)
	}
	if len(at(t, ns, path("covered"))) != 2 || len(at(t, ns, path("moved"))) != 1 || len(at(t, ns, path("gone"))) != 0 {
		t.Error("covered or moved mounts are not where they are")
	}
	for _, m := range byNumber {
		if m.Path == "" {
			t.Errorf("no path: %+v", m)
		}
	}
}

func TestNewerThan(t *testing.T) {
	ns := newNamespace(t, requireWalk(t))
	top := dirs(t, "old", "new")
	in(t, ns, func() error { return mountTmpfs("old", filepath.Join(top, "old")) })
	old := only(t, ns, filepath.Join(top, "old"))
	newer := func(id uint64) []string {
		mounts, err := ns.Mounts(Query{NewerThan: id})
		if err != nil {
			t.Fatal(err)
		}
		var sources []string
		for _, m := range mounts {
			sources = append(sources, m.Source)
		}
		return sources
	}
	if got := newer(old.UniqueID); len(got) != 0 {
		t.Errorf("newer than the newest: %v", got)
	}
	in(t, ns, func() error { return mountTmpfs("new", filepath.Join(top, "new")) })
	if got := newer(old.UniqueID); !slices.Equal(got, []string{"new"}) {
		t.Errorf("newer than old: %v", got)
	}
	if got := newer(old.UniqueID - 1); !slices.Equal(got, []string{"old", "new"}) {
		t.Errorf("from old on: %v", got)
	}
	// A copy in another namespace is newer than what it is one of.
	var copied *Namespace
	in(t, ns, func() error {
		copied = open(t, requireWalk(t), hold(t, privateNamespace()))
		return nil
	})
	mounts, err := copied.Mounts(Query{NewerThan: old.UniqueID, Device: func(d Device) bool { return d == old.Device }})
	if err != nil {
		t.Fatal(err)
	}
	if len(mounts) != 1 || mounts[0].Path != old.Path || mounts[0].UniqueID <= old.UniqueID {
		t.Errorf("copies of %+v: %+v", old, mounts)
	}
}

func TestManyMounts(t *testing.T) {
	ns := newNamespace(t, requireWalk(t))
	dir := dirs(t)
	const n = 2*listed + 1
	in(t, ns, func() error {
		for i := range n {
			if err := mountTmpfs(fmt.Sprintf("number %d", i), dir); err != nil {
				return err
			}
		}
		return nil
	})
	for _, reader := range []*Namespace{ns, withProc(t, ns)} {
		if got := len(at(t, reader, dir)); got != n {
			t.Errorf("by number %v: %d mounts, want %d", reader.byNumber, got, n)
		}
	}
}

func TestDeviceFilter(t *testing.T) {
	ns := newNamespace(t, requireWalk(t))
	top := dirs(t, "a", "b", "c")
	in(t, ns, func() error {
		return errors.Join(mountTmpfs("a", filepath.Join(top, "a")), mountTmpfs("b", filepath.Join(top, "b")),
			bind(filepath.Join(top, "a"), filepath.Join(top, "c"), 0))
	})
	a := only(t, ns, filepath.Join(top, "a"))
	for _, reader := range []*Namespace{ns, withProc(t, ns)} {
		mounts, err := reader.Mounts(Query{Device: func(d Device) bool { return d == a.Device }})
		if err != nil {
			t.Fatal(err)
		}
		if len(mounts) != 2 || mounts[0].Source != "a" || mounts[1].Source != "a" {
			t.Errorf("by number %v: %+v", reader.byNumber, mounts)
		}
	}
}

// TestJail pins down what a changed root hides: nothing from the kernel's calls,
// from /proc what is outside of it, unless there is also a process with the
// namespace's own root.
func TestJail(t *testing.T) {
	walk := requireWalk(t)
	first := hold(t, privateNamespace())
	ns := open(t, walk, first)
	dir := jail(t, ns)
	top := dirs(t, "outside")
	outside, inside := filepath.Join(top, "outside"), filepath.Join(dir, top)
	in(t, ns, func() error {
		return errors.Join(mountTmpfs("outside", outside), mountTmpfs("inside", inside))
	})
	both := withProc(t, ns)
	if len(at(t, both, outside)) != 1 || len(at(t, both, inside)) != 1 {
		t.Error("with both roots, /proc does not show what is below each")
	}
	if !slices.Equal(sorted(t, both), sorted(t, ns)) {
		t.Error("with both roots, the tables differ")
	}
	end(first)
	if len(at(t, ns, outside)) != 1 || len(at(t, ns, inside)) != 1 {
		t.Error("the kernel does not show all")
	}
	one := withProc(t, ns)
	if len(at(t, one, outside)) != 0 {
		t.Error("/proc shows what is outside the only root")
	}
	if found := at(t, one, inside); len(found) != 1 || found[0].Source != "inside" {
		t.Errorf("at %s: %+v; paths have to begin at the namespace's root", inside, found)
	}
	// The descriptor was opened before; nobody is in the namespace.
	if len(at(t, both, outside)) != 1 {
		t.Log("read through the jailed process")
	}

	// A process in the jail sees all by the kernel's calls, with no path outside.
	var s sight
	in(t, ns, func() error { s = look(t, &syscall.SysProcAttr{Chroot: dir}); return nil })
	if s.Proc || len(s.Errors) > 0 {
		t.Fatalf("in the jail: %+v", s)
	}
	found := false
	for _, m := range s.Own {
		if m.Source == "outside" && m.Path == "" {
			found = true
		}
	}
	if !found {
		t.Errorf("in the jail, the mount outside is missing: %+v", s.Own)
	}
}

func TestViewGone(t *testing.T) {
	requireRoot(t)
	process := hold(t, privateNamespace())
	ns := open(t, NewProcLister(), process)
	dir := dirs(t)
	in(t, ns, func() error { return mountTmpfs("here", dir) })
	end(process)
	if m := only(t, ns, dir); m.Source != "here" {
		t.Errorf("%+v", m)
	}
	// Its number may be another one's: what is there now is of another namespace.
	ns.views = []view{{threads: []string{"self"}}}
	if m := only(t, ns, dir); m.Source != "here" {
		t.Errorf("%+v", m)
	}
	// One thread that has ended does not hide what others see.
	var other *exec.Cmd
	in(t, ns, func() error { other = hold(t, nil); return nil })
	pid := strconv.Itoa(other.Process.Pid)
	ns.views = []view{{threads: []string{strconv.Itoa(process.Process.Pid), pid}}}
	if _, err := ns.views[0].read(ns); err != nil {
		t.Error(err)
	}
}

func TestWaitsFor(t *testing.T) {
	table, err := readTable("table", readings(
		"1 0 0:1 / / rw - ext4 d rw\n"+
			"2 1 0:2 / /mnt/f rw - fuse.sshfs d rw\n"+
			"3 1 0:3 / /mnt/ff rw - tmpfs d rw\n"+
			"4 1 0:4 / /net rw - nfs4 d rw\n"+
			"5 4 0:5 / /net/local rw - tmpfs d rw\n"), true)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/mnt/f": "fuse.sshfs", "/mnt/f/x": "fuse.sshfs", "/mnt/ff/x": "", "/mnt": "", "/net/local/x": "nfs4", "/netlocal": "",
	} {
		if got := waitsFor(table, path); got != want {
			t.Errorf("%s waits for %q, want %q", path, got, want)
		}
	}
}

// TestInitByTable looks for the namespace of a process as if its link were
// closed to us.
func TestInitByTable(t *testing.T) {
	walk := requireWalk(t)
	process := hold(t, privateNamespace())
	ns := open(t, walk, process)
	jailed := jailedNamespace(t)
	for _, l := range []*Lister{walk, NewProcLister()} {
		for _, test := range []struct {
			name, table string
			want        uint64
		}{
			{"another", fmt.Sprintf("/proc/%d/mountinfo", process.Process.Pid), ns.Inode},
			{"our own", "/proc/self/mountinfo", linked(t, "/proc/self/ns/mnt")},
			{"a jailed process'", jailedTable(t, jailed), jailed},
		} {
			id, err := l.namespaceByTable(func() ([]*mountinfo.Info, error) { return readTable(test.table, os.ReadFile, true) })
			if err != nil || id.Inode != test.want {
				t.Errorf("searching /proc %v: %s: %v, %v, want %d", l.Proc(), test.name, id, err, test.want)
			}
		}
		none := bytes.Replace([]byte(whole), []byte("22 1"), []byte("4000000000 1"), 1)
		id, err := l.namespaceByTable(func() ([]*mountinfo.Info, error) { return readTable("table", readings(string(none)), true) })
		if !errors.Is(err, ErrNoNamespace) {
			t.Errorf("a table of nobody's: %v, %v", id, err)
		}
	}
}

func TestInit(t *testing.T) {
	for _, l := range []*Lister{NewLister(), NewProcLister()} {
		id, err := l.Init()
		if err != nil {
			t.Errorf("searching /proc %v: %v", l.Proc(), err)
			continue
		}
		// Where the link cannot be read, as on some machines, TestInitByTable shows
		// that the other way is right.
		if want, err := linkedNamespace("/proc/1/ns/mnt"); err == nil && want != id.Inode {
			t.Errorf("searching /proc %v: %d, want %d", l.Proc(), id.Inode, want)
		}
	}
}

// linked is what linkedNamespace says, or the end of the test.
func linked(t *testing.T, link string) uint64 {
	t.Helper()
	inode, err := linkedNamespace(link)
	if err != nil {
		t.Fatal(err)
	}
	return inode
}

// jailedTable is the mount table of the process in a namespace.
func jailedTable(t *testing.T, namespace uint64) string {
	t.Helper()
	for thread, err := range Threads() {
		if err == nil && thread.Namespace == namespace && thread.PID != os.Getpid() {
			return "/proc/" + thread.dir() + "/mountinfo"
		}
	}
	t.Fatalf("nobody is in %d", namespace)
	return ""
}
